-- Fails (division by zero) unless the columns of a table have the types in whose binary form a COPY has just
-- sent them.  Runs in the same implicit transaction, after the COPY, whose lock still holds: so it cannot
-- be raced, and its failure undoes the load.
-- $1 text: the quoted table name.  $2 text[]: column names.  $3 oid[]: their types; domains count as their base
-- type, every enum as anyenum (3500), varchar, bpchar and name as text (25), since their binary forms are one.
SELECT 1 / coalesce(array_agg(CASE WHEN t.typtype = 'e' THEN 3500
                                   WHEN t.oid IN (19, 1042, 1043) THEN 25
                                   ELSE t.oid END ORDER BY c.n) = $3::oid[], false)::int
FROM unnest($2::text[]) WITH ORDINALITY AS c(name, n)
JOIN pg_catalog.pg_attribute a
  ON a.attrelid = ($1::text)::regclass AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
JOIN LATERAL (
  WITH RECURSIVE base AS (
    SELECT y.oid, y.typtype, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = a.atttypid
    UNION ALL
    SELECT y.oid, y.typtype, y.typbasetype FROM base JOIN pg_catalog.pg_type y ON y.oid = base.typbasetype)
  SELECT oid, typtype FROM base WHERE typtype <> 'd') AS t ON true;
