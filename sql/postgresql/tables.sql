-- Names of all tables and views of a schema, sorted by bytes.  The contract is the same for every engine.
-- Arguments: schema (NULL = the one in which a new table would be made).  Column: name.
SELECT c.relname::text COLLATE "C" AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = coalesce($1::text, current_schema()::text) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
ORDER BY 1
