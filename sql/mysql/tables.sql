-- Names of all tables and views of a schema, sorted by bytes.  The contract is the same for every engine.
-- Arguments: schema (NULL = the connection's).  Column: name.
SELECT TABLE_NAME AS name
FROM information_schema.TABLES
WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_TYPE <> 'SEQUENCE'
ORDER BY BINARY TABLE_NAME
