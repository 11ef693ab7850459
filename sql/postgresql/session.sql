-- What every session of binds is pinned to, so that each text and each comparison has one meaning.
-- The driver reads these lines itself: they travel as startup options (no round trip), or, where a pooler
-- refuses those, as set_config() of each transaction.  Grammar: SET name = 'value'; with an optional
-- comment that says since which major version the setting exists.  search_path is the user's own.
-- UTC0 is UTC by a name that no server has as its default: since the server reports the time zone, it tells that the
-- startup options have arrived.  A pooler may be told to swallow them, and then hands the session to others.
SET timezone = 'UTC0';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET extra_float_digits = '3';
SET bytea_output = 'hex';
SET xmloption = 'content';
SET standard_conforming_strings = 'on';
SET quote_all_identifiers = 'off';
SET exit_on_error = 'off';
SET client_min_messages = 'warning';
SET cursor_tuple_fraction = '1';
SET client_connection_check_interval = '2s'; -- 14
