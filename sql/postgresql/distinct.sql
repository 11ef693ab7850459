-- How many distinct values the columns of a table's indexes have; what table.sql leaves out.
-- Arguments: schema (NULL = as the search path finds it), name.
-- Rows: one for each column of each index, in order.
--   name    the index's name
--   place   of the column in it, from 1
--   amount  distinct values of the columns so far, 0 = unknown
WITH relation AS (
  SELECT c.oid, c.relname, n.nspname, c.relkind, CASE
    WHEN c.relkind = 'p' THEN (SELECT sum(greatest(leaf.reltuples, 0))::float8 FROM pg_partition_tree(c.oid) p
                               JOIN pg_class leaf ON leaf.oid = p.relid WHERE p.isleaf)
    WHEN c.reltuples > 0 AND c.relpages > 0 AND c.relkind IN ('r', 'm')
      THEN c.reltuples::float8 / c.relpages * ceil(pg_relation_size(c.oid) / current_setting('block_size')::float8)
    WHEN c.relkind IN ('r', 'm') THEN ceil(pg_relation_size(c.oid) / 64.0)::float8
    ELSE 0 END AS tuples
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = to_regclass(CASE WHEN $1::text IS NULL THEN quote_ident($2::text)
                                 ELSE quote_ident($1::text) || '.' || quote_ident($2::text) END)
), parts AS (
  SELECT x.relname, n.place, r.tuples,
         -- No statistics yet: a unique index still tells.
         CASE WHEN i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL THEN r.tuples
              WHEN s.n_distinct < 0 THEN -s.n_distinct * r.tuples
              WHEN s.n_distinct > 0 THEN s.n_distinct END AS n_distinct
  FROM relation r
  JOIN pg_index i ON i.indrelid = r.oid AND i.indisvalid AND i.indislive
  JOIN pg_class x ON x.oid = i.indexrelid AND x.relam = 403
  CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY n (attnum, place)
  -- One look-up per column: joined, the planner would read the statistics of all tables.
  CROSS JOIN LATERAL (SELECT (
    SELECT n_distinct FROM pg_stats
    WHERE schemaname = r.nspname AND tablename = r.relname AND inherited = (r.relkind = 'p') AND attname =
      (SELECT attname FROM pg_attribute WHERE attrelid = r.oid AND attnum = n.attnum AND n.attnum > 0)) AS n_distinct) s
  WHERE n.place <= i.indnkeyatts
)
SELECT relname::text AS name, place,
       CASE WHEN count(n_distinct) OVER w < place THEN 0
            ELSE least(greatest(tuples, 0), exp(least(sum(ln(greatest(n_distinct, 1))) OVER w, 60))) END AS amount
FROM parts WINDOW w AS (PARTITION BY relname ORDER BY place)
ORDER BY relname, place
