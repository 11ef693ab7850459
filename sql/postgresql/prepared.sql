-- Prepared transactions of this database.  No parameters.  Last column: gid (text).
SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
