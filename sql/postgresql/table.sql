-- Everything about one table, in one round trip.  The contract is the same for every engine.
-- Arguments: schema (NULL = as the search path finds it), name.  No row: there is no such relation.
-- Rows: one `table`, then the columns in order, then the columns of each index in order.
--   part           'table'      'column'                         'index'
--   name           its name     its name                         the index's name
--   detail         not read     its type                         the column, NULL = an expression
--   kind           'table', 'view', 'other'   'bytes', 'equal', 'pad', 'loose' (enum text_order), or NULL
--   collation_name, charset, default_text     of a column (of a generated one: its expression; the second one is here the
--                  name, as SQL, of a type whose values must be cast to it); of a table the last one is the storage engine
--                  that it is in, NULL where there is but one
--   flags          table: 1 transactional
--                  column: 1 not null, 2 default, 4 generated, 8 numbered by the server, 16 virtual
--                  index: 1 primary, 2 unique, 4 partial, 8 descending, 16 in byte order,
--                         32 in the order of the column's own collation, 64 only a prefix of the column,
--                         128 of an exclusion constraint
--   amount         table: rows, negative = unknown; index: distinct values of the columns so far, 0 = unknown
--                  (NULL in all of them: distinct.sql knows)
--   size           table: bytes
--
-- raw.sql, which is asked first, tells less often, and costs a quarter.  It may be the first statement of a new session,
-- whose caches are empty, and planning it costs more than running it: so few catalogs, no view (pg_stats doubles the
-- cost), and numbers for what never changes: 403 is btree; 4217, 4218 and 4219 are the operator classes
-- text_pattern_ops, varchar_pattern_ops and bpchar_pattern_ops.
WITH relation AS (
  SELECT c.oid, c.relname, c.relkind, c.reltuples::float8 AS tuples, c.relpages::float8 AS pages,
         CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END AS size
  FROM pg_class c
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
), answer AS (
  SELECT 0 AS section, 0 AS major, ''::text AS middle, 0 AS minor, 'table' AS part, relname::text AS name,
         NULL::text AS detail,
         CASE WHEN relkind IN ('r', 'p', 'f') THEN 'table' WHEN relkind IN ('v', 'm') THEN 'view'
              ELSE 'other' END AS kind,
         NULL::text AS expression, 1 AS flags, 0::oid AS collation_oid, NULL::text AS type_name
  FROM relation
  UNION ALL
  SELECT 1, a.attnum, '', 0, 'column', a.attname::text,
         CASE WHEN t.typtype = 'e'
              THEN (SELECT 'ENUM(' || string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) || ')'
                    FROM pg_enum WHERE enumtypid = t.oid)
              ELSE format_type(t.oid, t.typmod) END,
         t.typname::text, coalesce(a.expression, t.default_text),
         t.not_null::int + 4 * (a.attgenerated <> '')::int + 8 * (a.attidentity <> '')::int +
           16 * (a.attgenerated = 'v')::int, a.attcollation,
         CASE WHEN t.typtype = 'e' OR t.typname = 'citext' THEN t.typnamespace::regnamespace::text || '.' || quote_ident(t.typname) END
  FROM relation r
  CROSS JOIN (VALUES (''::"char")) missing (attgenerated)
  CROSS JOIN LATERAL (
    -- What the server's version does not have is taken from `missing`.
    SELECT attnum, attname, atttypid, atttypmod, attnotnull, attcollation, attidentity, attgenerated,
           CASE WHEN atthasdef THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
                                     WHERE adrelid = attrelid AND adnum = attnum) END AS expression
    FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped) a
  CROSS JOIN LATERAL (
    -- A domain is what it is made of.
    WITH RECURSIVE made_of AS (
      SELECT oid, a.atttypmod AS typmod, a.attnotnull AS not_null, NULL::text COLLATE "C" AS default_text, typtype, typname,
             typbasetype, typtypmod, typnotnull, typdefault, typnamespace
      FROM pg_type WHERE oid = a.atttypid
      UNION ALL
      SELECT t.oid, CASE WHEN d.typtypmod <> -1 THEN d.typtypmod ELSE d.typmod END, d.not_null OR d.typnotnull,
             coalesce(d.default_text, d.typdefault) COLLATE "C", t.typtype, t.typname, t.typbasetype, t.typtypmod, t.typnotnull,
             t.typdefault, t.typnamespace
      FROM made_of d JOIN pg_type t ON t.oid = d.typbasetype AND d.typtype = 'd')
    SELECT * FROM made_of WHERE typtype <> 'd') t
  UNION ALL
  SELECT 2, (NOT i.indisprimary)::int, x.relname, k::int, 'index', x.relname::text,
         (SELECT attname::text FROM pg_attribute WHERE attrelid = r.oid AND attnum = n.attnum AND attnum > 0), NULL, NULL,
         i.indisprimary::int + 2 * (i.indisunique AND i.indimmediate)::int + 4 * (i.indpred IS NOT NULL)::int +
           8 * (n.option & 1)::int + 16 * (n.class IN (4217, 4218, 4219))::int +
           128 * i.indisexclusion::int, n.collation_oid, NULL
  FROM relation r
  JOIN pg_index i ON i.indrelid = r.oid AND i.indisvalid AND i.indislive
  JOIN pg_class x ON x.oid = i.indexrelid AND (x.relam = 403 OR i.indisexclusion)
  CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indcollation::oid[], i.indclass::oid[], i.indoption::int2[])
    WITH ORDINALITY n (attnum, collation_oid, class, option, k)
  WHERE n.k <= i.indnkeyatts
)
SELECT part, name, detail,
       CASE WHEN part <> 'column' THEN a.kind
            WHEN a.kind = 'bpchar' THEN 'pad'
            WHEN a.kind = 'citext' THEN 'loose'
            WHEN a.kind NOT IN ('text', 'varchar') THEN NULL
            WHEN NOT k.deterministic THEN 'loose'
            WHEN k.bytes THEN 'bytes'
            ELSE 'equal' END AS kind,
       CASE WHEN part = 'column' THEN k.collname::text END AS collation_name, coalesce(
         -- Of another encoding than ASCII, UTF-8 and Latin-1: its bytes sort otherwise than UTF-8's, whatever its type.
         CASE WHEN part = 'column' THEN (SELECT CASE WHEN encoding NOT IN (0, 6, 8) THEN 'other' END FROM pg_database
                                         WHERE datname = current_database()) END, a.type_name) AS charset,
       a.expression AS default_text,
       (a.flags + CASE part
          WHEN 'column' THEN 2 * (a.expression IS NOT NULL OR a.flags & 8 <> 0)::int
          WHEN 'index' THEN 16 * (a.flags & 16 = 0 AND coalesce(k.bytes, false))::int
          ELSE 0 END)::int8 AS flags,
       CASE WHEN part = 'table' THEN (SELECT tuples FROM estimate) END AS amount,
       CASE WHEN part = 'table' THEN (SELECT size FROM relation)::int8 END AS size
FROM answer a
CROSS JOIN (VALUES (true, 'c'::"char")) missing (collisdeterministic, datlocprovider)
LEFT JOIN LATERAL (
  SELECT collname, collisdeterministic AS deterministic,
         getdatabaseencoding() IN ('UTF8', 'LATIN1', 'SQL_ASCII') AND (
           collprovider = 'b' OR CASE WHEN collprovider = 'd' THEN (
             SELECT CASE WHEN datlocprovider = 'b' THEN 'C' WHEN datlocprovider = 'c' THEN datcollate END
             FROM pg_database WHERE datname = current_database())
           WHEN collprovider = 'c' THEN collcollate END IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', 'C.UTF8')) AS bytes
  FROM pg_collation WHERE oid = a.collation_oid OFFSET 0) k ON true
ORDER BY section, major, middle, minor
