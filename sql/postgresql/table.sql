-- Everything about one table, in one round trip.  The contract is the same for every engine.
-- Arguments: schema (NULL = as the search path finds it), name.  No row: there is no such relation.
-- Rows: one `table`, then the columns in order, then the columns of each index in order.
--   part           'table'      'column'                         'index'
--   name           its name     its name                         the index's name
--   detail         its schema   its type                         the column, NULL = an expression
--   kind           'table', 'view', 'other'   'bytes', 'equal', 'pad', 'loose' (enum text_order), or NULL
--   collation_name, charset, default_text     of a column (of a generated one: its expression)
--   flags          table: 1 transactional
--                  column: 1 not null, 2 default, 4 generated, 8 numbered by the server, 16 virtual
--                  index: 1 primary, 2 unique, 4 partial, 8 descending, 16 in byte order,
--                         32 in the order of the column's own collation, 64 only a prefix of the column
--   amount         table: rows, negative = unknown; index: distinct values of the columns so far, 0 = unknown
--   size           table: bytes
WITH RECURSIVE database AS (
  SELECT datcollate, coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') AS provider,
         getdatabaseencoding() IN ('UTF8', 'LATIN1', 'SQL_ASCII') AS ordered
  FROM pg_database d WHERE datname = current_database()
), relation AS (
  SELECT c.oid, c.relname, n.nspname, c.relkind, c.reltuples::float8 AS tuples, c.relpages::float8 AS pages,
         CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END AS size
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = to_regclass(CASE WHEN $1::text IS NULL THEN quote_ident($2::text)
                                 ELSE quote_ident($1::text) || '.' || quote_ident($2::text) END)
), estimate AS (
  SELECT CASE
    WHEN relkind = 'p' THEN (SELECT sum(greatest(leaf.reltuples, 0))::float8 FROM pg_partition_tree(oid) p
                             JOIN pg_class leaf ON leaf.oid = p.relid WHERE p.isleaf)
    WHEN relkind = 'f' THEN tuples
    WHEN relkind NOT IN ('r', 'm') THEN -1
    WHEN size = 0 THEN 0
    WHEN tuples > 0 AND pages > 0
      THEN tuples / pages * ceil(size / current_setting('block_size')::float8)
    -- Never analyzed: rows of 64 bytes are as good a guess as any.
    ELSE ceil(size / 64.0) END::float8 AS tuples
  FROM relation
), attribute (attnum, attname, typ, typmod, attnotnull, attcollation, attidentity, attgenerated, expression,
              domain_default) AS (
  SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attcollation, a.attidentity::text,
         coalesce(to_jsonb(a) ->> 'attgenerated', ''), pg_get_expr(d.adbin, d.adrelid), NULL::text COLLATE "C"
  FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  UNION ALL
  SELECT a.attnum, a.attname, t.typbasetype, CASE WHEN t.typtypmod <> -1 THEN t.typtypmod ELSE a.typmod END,
         a.attnotnull OR t.typnotnull, a.attcollation, a.attidentity, a.attgenerated, a.expression,
         coalesce(a.domain_default, t.typdefault)
  FROM attribute a JOIN pg_type t ON t.oid = a.typ AND t.typtype = 'd'
), known AS (
  SELECT a.attnum, a.attname, a.typ, a.attnotnull, a.attcollation, a.attidentity, a.attgenerated,
         coalesce(a.expression, a.domain_default) AS expression, k.collname, t.typname,
         CASE WHEN t.typtype = 'e'
              THEN (SELECT 'ENUM(' || string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) || ')'
                    FROM pg_enum WHERE enumtypid = a.typ)
              ELSE format_type(a.typ, a.typmod) END AS spelled
  FROM attribute a JOIN pg_type t ON t.oid = a.typ AND t.typtype <> 'd'
  LEFT JOIN pg_collation k ON k.oid = a.attcollation
), index_column AS (
  SELECT i.indexrelid, k, x.relname AS index_name, i.indkey[k - 1] AS attnum, i.indcollation[k - 1] AS collation_oid,
         i.indisprimary, i.indisunique AND i.indimmediate AS is_unique, i.indpred IS NOT NULL AS partial,
         i.indisexclusion,
         i.indoption[k - 1] & 1 = 1 AS descending, o.opcname LIKE '%\_pattern\_ops' AS by_pattern,
         i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AS is_distinct
  FROM relation r
  JOIN pg_index i ON i.indrelid = r.oid AND i.indisvalid AND i.indislive
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_am m ON m.oid = x.relam AND (m.amname = 'btree' OR i.indisexclusion)
  -- Not generate_series: its guess of 1000 rows would make this query worth compiling.
  JOIN (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17),
    (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32)) n (k)
    ON n.k <= i.indnkeyatts
  JOIN pg_opclass o ON o.oid = i.indclass[k - 1]
), collations AS (
  SELECT k.oid, coalesce((to_jsonb(k) ->> 'collisdeterministic')::bool, true) AS deterministic,
         d.ordered AND CASE k.collprovider
           WHEN 'b' THEN true
           WHEN 'c' THEN k.collcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', 'C.UTF8')
           WHEN 'd' THEN d.provider = 'b' OR
             (d.provider = 'c' AND d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', 'C.UTF8'))
           ELSE false END AS bytes
  FROM (SELECT attcollation AS oid FROM known UNION SELECT collation_oid FROM index_column) used
  JOIN pg_collation k ON k.oid = used.oid CROSS JOIN database d
), statistic AS MATERIALIZED (
  -- One look-up per column: joined, the planner would read the statistics of all tables.
  SELECT a.attnum, a.attname, (SELECT n_distinct FROM pg_stats
    WHERE schemaname = r.nspname AND tablename = r.relname AND attname = a.attname
      AND inherited = (r.relkind = 'p')) AS n_distinct
  FROM relation r CROSS JOIN known a WHERE a.attnum IN (SELECT attnum FROM index_column)
), parts AS (
  SELECT i.*, a.attname, i.by_pattern OR coalesce(c.bytes, false) AS bytes, e.tuples,
         -- No statistics yet: a unique index still tells.
         CASE WHEN i.is_distinct THEN e.tuples WHEN a.n_distinct < 0 THEN -a.n_distinct * e.tuples
              WHEN a.n_distinct > 0 THEN a.n_distinct END AS n_distinct
  FROM index_column i CROSS JOIN estimate e
  LEFT JOIN statistic a ON a.attnum = i.attnum
  LEFT JOIN collations c ON c.oid = i.collation_oid
)
SELECT part, name, detail, kind, collation_name, charset, default_text, flags, amount, size
FROM (
  SELECT 0 AS section, 0 AS major, ''::text AS middle, 0 AS minor, 'table' AS part, r.relname::text AS name,
         r.nspname::text AS detail,
         CASE WHEN r.relkind IN ('r', 'p', 'f') THEN 'table' WHEN r.relkind IN ('v', 'm') THEN 'view'
              ELSE 'other' END AS kind,
         NULL::text AS collation_name, NULL::text AS charset, NULL::text AS default_text, 1::int8 AS flags,
         e.tuples AS amount, r.size::int8 AS size
  FROM relation r CROSS JOIN estimate e
  UNION ALL
  SELECT 1, a.attnum, '', 0, 'column', a.attname::text, a.spelled,
         CASE WHEN a.typname = 'bpchar' THEN 'pad'
              WHEN a.typname = 'citext' THEN 'loose'
              WHEN a.typname NOT IN ('text', 'varchar') THEN NULL
              WHEN NOT c.deterministic THEN 'loose'
              WHEN c.bytes THEN 'bytes'
              ELSE 'equal' END,
         a.collname::text, NULL, a.expression,
         (a.attnotnull::int + 2 * (a.expression IS NOT NULL OR a.attidentity <> '')::int +
           4 * (a.attgenerated <> '')::int +
           8 * (a.attidentity <> '' OR coalesce(a.expression ~ '^nextval\(', false))::int +
           16 * (a.attgenerated = 'v')::int)::int8,
         NULL, NULL
  FROM known a LEFT JOIN collations c ON c.oid = a.attcollation
  UNION ALL
  SELECT 2, (NOT p.indisprimary)::int, p.index_name, k, 'index', p.index_name::text, p.attname::text, NULL,
         NULL, NULL, NULL,
         (p.indisprimary::int + 2 * p.is_unique::int + 4 * p.partial::int + 8 * p.descending::int +
           16 * p.bytes::int + 128 * p.indisexclusion::int)::int8,
         CASE WHEN count(n_distinct) OVER w < k THEN 0
              ELSE least(greatest(p.tuples, 0), exp(least(sum(ln(greatest(n_distinct, 1))) OVER w, 60))) END,
         NULL
  FROM parts p WINDOW w AS (PARTITION BY indexrelid ORDER BY k)
) answer
ORDER BY section, major, middle, minor
