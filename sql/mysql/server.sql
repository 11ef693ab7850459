-- What a server can do and may do.  {wsrep}: @@wsrep_on, or 0 where there is no such variable.
-- Columns: wsrep (0/1: node of a Galera cluster), read_only (0/1), innodb_read_only (0/1), max_allowed_packet,
-- rollback_on_timeout (0/1: a lock timeout ends the whole transaction), auto_increment_increment (of this session).
SELECT {wsrep}, @@global.read_only, @@global.innodb_read_only, @@max_allowed_packet,
       @@global.innodb_rollback_on_timeout, @@auto_increment_increment
