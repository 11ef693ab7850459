-- Names of all tables and views of a schema, sorted by bytes.  The contract is the same for every engine.
-- Arguments: schema (NULL = main).  Column: name.
SELECT name
FROM pragma_table_list
WHERE schema = coalesce(?, 'main') AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY name COLLATE BINARY
