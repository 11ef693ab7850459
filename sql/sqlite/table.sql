-- Everything about one table, in one round trip.  The contract is the same for every engine.
-- Arguments: schema (NULL = main), name; the pair as often as it stands here.  No row: no relation.
-- Rows: one `table`, then the columns in order, then the columns of each index in order.
--   part           'table'      'column'                         'index'
--   name           its name     its name                         the index's name
--   detail         not read     its type                         the column, NULL = an expression
--   kind           'table', 'view', 'other'   'bytes', 'equal', 'pad', 'loose' (enum text_order), or NULL
--   collation_name, charset, default_text     of a column (of a generated one: its expression); of a table the last
--                  one is the storage engine that it is in, NULL where there is but one
--   flags          table: 1 transactional
--                  column: 1 not null, 2 default, 4 generated, 8 numbered by the server, 16 virtual
--                  index: 1 primary, 2 unique, 4 partial, 8 descending, 16 in byte order,
--                         32 in the order of the column's own collation, 64 only a prefix of the column
--   amount         table: rows, negative = unknown; index: distinct values of the columns so far, 0 = unknown
--   size           table: bytes
-- bind_collation() and bind_statistic() are the driver's (engine/sqlite/catalog.c).  The rowid has no index of
-- its own in the catalog: it gets the one called rowid here.  CROSS JOIN keeps the order: without it the planner
-- may ask a pragma before it knows of which table.
WITH relation AS (
  SELECT l.schema, l.name, l.type, l.wr, l.strict
  FROM pragma_table_list AS l
  WHERE l.schema = coalesce(?, 'main') AND l.name = ? COLLATE NOCASE
), columns AS (
  -- ANY is a type like any other (NUMERIC), but in a STRICT table, and in a view of one, it converts nothing.
  SELECT c.cid, c.name, CASE WHEN upper(c.type) = 'ANY' AND (r.strict OR r.type = 'view') THEN '' ELSE c.type END AS type, c."notnull", c.dflt_value, c.pk, c.hidden,
         bind_collation(r.schema, r.name, c.name) AS collation,
         -- The one column that is the rowid.
         c.pk = 1 AND r.type = 'table' AND NOT r.wr AND upper(c.type) = 'INTEGER' AND
           NOT EXISTS (SELECT 1 FROM pragma_index_list(r.name, r.schema) WHERE origin = 'pk') AS is_rowid
  FROM relation r CROSS JOIN pragma_table_xinfo(r.name, r.schema) c
), answer (section, major, minor, part, name, detail, kind, collation_name, default_text, flags, amount) AS (
  SELECT 0, 0, 0, 'table', name, NULL, CASE type WHEN 'view' THEN 'view' ELSE 'table' END, NULL, NULL, 1,
         CASE WHEN type = 'view' THEN -1 ELSE bind_statistic(schema, name, NULL, 0) END
  FROM relation
  UNION ALL
  SELECT 1, cid, 0, 'column', name, type,
         CASE upper(collation) WHEN 'BINARY' THEN 'bytes' WHEN 'RTRIM' THEN 'pad' ELSE 'loose' END,
         collation, dflt_value,
         ("notnull" OR is_rowid) + 2 * (dflt_value IS NOT NULL OR is_rowid) + 4 * (hidden >= 2) + 8 * is_rowid +
           16 * (hidden = 2), NULL
  FROM columns WHERE hidden <> 1
  UNION ALL
  SELECT 2, -1, 0, 'index', 'rowid', c.name, NULL, NULL, NULL, 3 + 32, bind_statistic(r.schema, r.name, NULL, 0)
  FROM columns c, relation r WHERE c.is_rowid
  UNION ALL
  SELECT 2, CASE WHEN i.origin = 'pk' THEN -1 ELSE i.seq END, x.seqno, 'index', i.name, x.name, NULL, NULL, NULL,
         (i.origin = 'pk') + 2 * i."unique" + 4 * i.partial + 8 * x."desc" + 16 * (upper(x.coll) = 'BINARY'),
         bind_statistic(r.schema, r.name, CASE WHEN r.wr AND i.origin = 'pk' THEN r.name ELSE i.name END,
                        x.seqno + 1)
  FROM relation r CROSS JOIN pragma_index_list(r.name, r.schema) i CROSS JOIN pragma_index_xinfo(i.name, r.schema) x
  WHERE x.key
)
SELECT part, name, detail, kind, collation_name,
       CASE WHEN part = 'column' AND (SELECT encoding FROM pragma_encoding) <> 'UTF-8' THEN 'utf16' END AS charset,
       default_text, flags, amount, NULL AS size
FROM answer
ORDER BY section, major, minor
