-- Pins what a session means, whatever the server's defaults are.  One statement, no result.
-- {lock_timeout}: seconds.  {more}: assignments that only some servers know (engine/mysql/conn.c).
--   character set   texts are utf8mb4 in both directions
--   sql_mode        strict: what does not fit is an error, never changed; 0 is an ordinary key; no ANSI_QUOTES,
--                   PIPES_AS_CONCAT, NO_BACKSLASH_ESCAPES or PAD_CHAR_TO_FULL_LENGTH.  Zero dates pass: they are
--                   values that may be stored, compared and read back
--   autocommit, completion_type   a transaction begins and ends where we say so
--   sql_select_limit, sql_safe_updates   no silent limits
--   max_sort_length   an order that the server is asked for goes by this many bytes of a text (engine/mysql/judge.c)
--   net_write_timeout   a reader may take his time between two rows
SET NAMES utf8mb4,
    time_zone = '+00:00',
    sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',
    autocommit = 1,
    completion_type = 'NO_CHAIN',
    sql_auto_is_null = 0,
    sql_select_limit = 18446744073709551615,
    sql_safe_updates = 0,
    max_sort_length = 1024,
    foreign_key_checks = 1,
    unique_checks = 1,
    net_write_timeout = 7200,
    innodb_lock_wait_timeout = {lock_timeout},
    lock_wait_timeout = {lock_timeout}{more}
