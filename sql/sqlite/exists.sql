-- What have these names?  Read from n(i, schema, name), which stands before it: pragma_table_list is read once for
-- all of them.  The columns are the same for every engine.  No row: nothing has the name.
-- n: the name's number; schema (NULL = main); name.
--   kind   'table' (can be dropped as one), 'view' (can be read like one), 'other'
--   what   the kind in words: 'foreign table', 'sequence' …
--   exact  the name as it is written there, if only that counts, else NULL
SELECT n.i, CASE t.type WHEN 'view' THEN 'view' ELSE 'table' END AS kind,
       t.type AS what, NULL AS exact
FROM pragma_table_list AS t CROSS JOIN n
WHERE t.name = n.name COLLATE NOCASE AND t.schema = coalesce(n.schema, 'main')
