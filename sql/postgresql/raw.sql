-- What table.sql tells, of plain tables and for less: in the server's own terms, of which ext/engine/postgres/catalog.c
-- makes the rows of table.sql, or finds that it is no plain table.
-- Arguments: schema (NULL = as the search path finds it), name.  No row: there is no such relation.
-- Rows in any order: one with part 0, one with part 1 for each column, one with part 2 for each index.
--   part           0 (pg_class)          1 (pg_attribute)       2 (pg_index)
--   name           relname               attname                relname of a btree, else NULL
--   kind           relkind               attidentity
--   generated                            attgenerated
--   a              the locale by which   the default            indkey
--                  the database sorts
--   b              bytes in a block      the type in words      indoption
--   c                                                           indclass
--   d                                                           indcollation
--   collation                            attcollation
--   number         bytes                 atttypid
--   n              relpages              attnum                 indnkeyatts
--   tuples         reltuples
--   e              false                 attnotnull             indisprimary
--   f              false                 atthasdef              indisunique
--   g              false                 attisdropped           indisexclusion
--   h              false                 false                  indimmediate
--   i              false                 false                  has a condition
--   j              false                 true                   indisvalid and indislive
--
-- Mostly it is the first statement of a new session, whose caches are empty, and planning it costs more than running
-- it.  What makes it cheap: few catalogs, no join (whose estimate reads statistics), and few types, operators and
-- functions, each of which is looked up; quoted numbers are of the other side's type.  Since version 15, where
-- pg_database has datlocprovider.
SELECT 0 AS part, relname AS name, relkind AS kind, '' AS generated,
       (SELECT CASE datlocprovider WHEN 'c' THEN datcollate WHEN 'b' THEN 'C' END
        FROM pg_database WHERE datname = current_database()) AS a,
       current_setting('block_size') AS b, '' AS c, '' AS d, '0' AS collation, pg_relation_size(oid) AS number,
       relpages AS n, reltuples AS tuples, false AS e, false AS f, false AS g, false AS h, false AS i, false AS j
FROM pg_class
WHERE oid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text))
UNION ALL
SELECT 1, attname, attidentity, attgenerated,
       CASE WHEN atthasdef THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
                                 WHERE adrelid = attrelid AND adnum = attnum) END,
       format_type(atttypid, atttypmod), '', '', attcollation, atttypid, attnum, '0', attnotnull, atthasdef,
       attisdropped, false, false, true
FROM pg_attribute
WHERE attrelid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text)) AND attnum > '0'
UNION ALL
SELECT 2, (SELECT relname FROM pg_class WHERE oid = indexrelid AND relam = '403'), '', '', indkey::text, indoption::text,
       indclass::text, indcollation::text, '0', '0', indnkeyatts, '0', indisprimary, indisunique, indisexclusion,
       indimmediate, indpred IS NOT NULL, indisvalid AND indislive
FROM pg_index
WHERE indrelid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text))
