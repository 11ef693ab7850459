-- What mostly is everything about one table, in one round trip.  The contract is the same for every engine.
-- Arguments: schema (NULL = as the search path finds it), name.  No row: there is no such relation.
-- Rows: one `table`, then the columns in order, then the columns of each index in order.
--   part           'table'      'column'                         'index'
--   name           its name     its name                         the index's name; NULL = one that does not count
--   detail         its schema   its type                         the column, NULL = an expression
--   kind           'table', 'view', 'other'   'bytes', 'equal', 'pad', 'loose' (enum text_order), or NULL
--   collation_name, charset, default_text     of a column (of a generated one: its expression; the second one is here the
--                  name, as SQL, of a type whose values must be cast to it); of a table the last one is the storage engine
--                  that it is in, NULL where there is but one
--   flags          table: 1 transactional
--                  column: 1 not null, 2 default, 4 generated, 8 numbered by the server, 16 virtual
--                  index: 1 primary, 2 unique, 4 partial, 8 descending, 16 in byte order,
--                         32 in the order of the column's own collation, 64 only a prefix of the column,
--                         128 of an exclusion constraint
--                  all: 1024 nothing of this answer counts, whole.sql gives the right one
--   amount         table: rows, negative = unknown; index: distinct values of the columns so far, 0 = unknown
--                  (NULL in all of them: distinct.sql knows)
--   size           table: bytes
--
-- Mostly it is the first statement of a new session, whose caches are empty, and planning it costs more than running
-- it.  So it knows plain tables, by numbers that never change, and leaves everything else to whole.sql.  What makes it
-- cheap: few catalogs, no join (whose estimate reads statistics), and few types, operators and functions, each of which
-- is looked up; hence CASE for IN, and quoted numbers, which are of the other side's type.
-- Types below 10000 are the server's own, neither domains nor enums: 25 is text, 1042 char(n), 1043 varchar.  Of the
-- collations 100 is the database's, 950 "C", 951 "POSIX"; of the encodings 0 is SQL_ASCII, 6 UTF8, 8 LATIN1.  403 is
-- btree; 4217, 4218 and 4219 are the operator classes text_pattern_ops, varchar_pattern_ops and bpchar_pattern_ops.
SELECT 'table' AS part, relname AS name, (SELECT nspname FROM pg_namespace WHERE oid = c.relnamespace)::text AS detail,
       CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'f' THEN 'table'
                    WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'other' END AS kind,
       NULL::text AS collation_name, NULL::text AS charset, NULL::text AS default_text,
       CASE relkind WHEN 'p' THEN 1025 ELSE 1 END AS flags,
       CASE WHEN relkind = 'f' THEN reltuples::float8
            WHEN relkind <> 'r' AND relkind <> 'm' THEN -1
            WHEN reltuples > '0' AND relpages > 0
              THEN reltuples::float8 / relpages::float8 *
                   ceil(pg_relation_size(oid)::float8 / current_setting('block_size')::float8)
            -- Never analyzed: rows of 64 bytes are as good a guess as any.
            ELSE ceil(pg_relation_size(oid)::float8 / '64') END AS amount,
       CASE WHEN relkind = 'r' OR relkind = 'm' THEN pg_relation_size(oid) END AS size,
       0 AS major, 0 AS minor
FROM pg_class c
WHERE oid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text))
UNION ALL
SELECT 'column', attname, format_type(atttypid, atttypmod),
       CASE WHEN atttypid = '1042' THEN 'pad'
            WHEN atttypid = '25' OR atttypid = '1043' THEN (
              SELECT CASE WHEN encoding <> 0 AND encoding <> 6 AND encoding <> 8 THEN 'equal'
                          WHEN a.attcollation <> '100' THEN 'bytes'
                          ELSE CASE CASE datlocprovider WHEN 'b' THEN 'C' WHEN 'c' THEN datcollate END
                                 WHEN 'C' THEN 'bytes' WHEN 'POSIX' THEN 'bytes' WHEN 'C.UTF-8' THEN 'bytes'
                                 WHEN 'C.utf8' THEN 'bytes' WHEN 'C.UTF8' THEN 'bytes' ELSE 'equal' END END
              FROM pg_database WHERE datname = current_database()) END,
       CASE attcollation WHEN '100' THEN 'default' WHEN '950' THEN 'C' WHEN '951' THEN 'POSIX' END,
       -- Of another encoding than ASCII, UTF-8 and Latin-1: its bytes sort otherwise than UTF-8's.
       (SELECT CASE WHEN encoding <> 0 AND encoding <> 6 AND encoding <> 8 THEN 'other' END
        FROM pg_database WHERE datname = current_database()),
       CASE WHEN atthasdef THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
                                 WHERE adrelid = a.attrelid AND adnum = a.attnum) END,
       CASE WHEN attnotnull THEN 1 ELSE 0 END + CASE WHEN attidentity <> '' THEN 10 WHEN atthasdef THEN 2 ELSE 0 END +
         CASE a.attgenerated WHEN '' THEN 0 WHEN 'v' THEN 20 ELSE 4 END +
         CASE WHEN atttypid >= '10000' THEN 1024
              ELSE CASE attcollation WHEN '0' THEN 0 WHEN '100' THEN 0 WHEN '950' THEN 0 WHEN '951' THEN 0
                                     ELSE 1024 END END,
       NULL, NULL, attnum, 0
FROM (VALUES (''::"char", 'c'::"char")) missing (attgenerated, datlocprovider)
CROSS JOIN LATERAL (
  -- What the server's version does not have is taken from `missing`.
  SELECT attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attcollation, attidentity, attgenerated, atthasdef
  FROM pg_attribute
  WHERE attrelid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text))
    AND attnum > '0' AND NOT attisdropped) a
UNION ALL
SELECT 'index', (SELECT relname FROM pg_class WHERE oid = i.indexrelid AND relam = '403'),
       (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[k] AND attnum > '0'),
       NULL, NULL, NULL, NULL,
       CASE WHEN indisprimary THEN 1 ELSE 0 END + CASE WHEN indisunique AND indimmediate THEN 2 ELSE 0 END +
         CASE WHEN indpred IS NOT NULL THEN 4 ELSE 0 END +
         CASE indoption[k] WHEN '1' THEN 8 WHEN '3' THEN 8 ELSE 0 END +
         CASE indclass[k] WHEN '4217' THEN 16 WHEN '4218' THEN 16 WHEN '4219' THEN 16 ELSE 0 END +
         CASE WHEN indisexclusion THEN 1024
              WHEN indcollation[k] = '0' OR indkey[k] = '0' THEN 0
              ELSE coalesce((SELECT 32 FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[k]
                             AND attcollation = i.indcollation[k]), 1024) END,
       NULL, NULL, CASE WHEN indisprimary THEN 2000 ELSE 2001 END, k
FROM pg_index i CROSS JOIN generate_series(0, indnkeyatts - 1) k
WHERE indrelid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text))
  AND indisvalid AND indislive
-- A table has at most 1600 columns.
ORDER BY major, name, minor
