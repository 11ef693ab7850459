-- What a view shows: the tables and views that its definition names, of those that this account may see.
-- Arguments: schema (NULL = the connection's), name.  No row: it is not known.
-- Columns: schema, name, kind ('table', 'view'), storage engine, 1 = with transactions.
-- Definitions are kept with every name in backticks, after its schema's.
SELECT t.TABLE_SCHEMA, t.TABLE_NAME, IF(t.TABLE_TYPE LIKE '%VIEW', 'view', 'table') AS kind, t.ENGINE,
       t.ENGINE IS NULL OR
         (SELECT e.TRANSACTIONS FROM information_schema.ENGINES e WHERE e.ENGINE = t.ENGINE) = 'YES' AS transactional
FROM information_schema.VIEWS v
JOIN information_schema.TABLES t
  ON LOCATE(CONCAT('`', REPLACE(t.TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(t.TABLE_NAME, '`', '``'), '`'),
            v.VIEW_DEFINITION) > 0
WHERE v.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND v.TABLE_NAME = ?
