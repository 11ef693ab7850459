-- What table.sql tells, of plain tables and for less: in the server's own terms, of which ext/engine/postgres/catalog.c
-- makes the rows of table.sql, or finds that it is no plain table.
-- Arguments: schema (NULL = as the search path finds it), name.  No row: there is no such relation.
-- One row, whose columns and indexes are arrays of records, in binary and in any order; a record has, in order:
--   columns        name, identity, generated, default, type in words, collation, type, number, not null, has a default,
--                  dropped
--   indexes        relname of a btree, else NULL; indkey, indoption, indclass, indcollation, indnkeyatts; primary, unique,
--                  of an exclusion constraint, immediate, has a condition, valid and live
--
-- Mostly it is the first statement of a new session, whose caches are empty and whose memory is not there yet, and
-- planning it costs more than running it.  What makes it cheap: few catalogs, no join (whose estimate reads statistics),
-- few types, operators and functions, each of which is looked up, no UNION (which makes one row type of all, and costs
-- memory), and one search for the name; quoted numbers are of the other side's type.  Since version 15, where
-- pg_database has datlocprovider.
SELECT relname AS name, relkind AS kind, pg_relation_size(oid) AS bytes, relpages AS pages, reltuples AS tuples,
       current_setting('block_size') AS block,
       (SELECT CASE datlocprovider WHEN 'c' THEN datcollate WHEN 'b' THEN 'C' END
        FROM pg_database WHERE datname = current_database()) AS locale, -- by which the database sorts
       array_send(ARRAY(SELECT ROW(attname, attidentity, attgenerated,
                                   CASE WHEN atthasdef THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
                                                             WHERE adrelid = attrelid AND adnum = attnum) END,
                                   format_type(atttypid, atttypmod), attcollation, atttypid, attnum, attnotnull,
                                   atthasdef, attisdropped)
                        FROM pg_attribute WHERE attrelid = relation.oid AND attnum > '0')) AS columns,
       array_send(ARRAY(SELECT ROW((SELECT relname FROM pg_class WHERE oid = indexrelid AND relam = '403'), indkey,
                                   indoption, indclass, indcollation, indnkeyatts, indisprimary, indisunique,
                                   indisexclusion, indimmediate, indpred IS NOT NULL, indisvalid AND indislive)
                        FROM pg_index WHERE indrelid = relation.oid)) AS indexes
FROM pg_class relation
WHERE oid = to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text))
