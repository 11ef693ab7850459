-- Prepared transactions of this database.  No parameters.  First column: the role that alone may settle it (or a
-- superuser); last column: gid (text).
SELECT owner::pg_catalog.text, gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
