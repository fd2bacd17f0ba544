-- Moves one partition of a catalog's mappings to another PostgreSQL server, with what it holds. While no rls-server runs:
--
--   psql -v part=1 -v host=db2.example.org -v port=5432 -v dbname=rls -v user=rls -f move-partition.sql postgresql://…
--
-- The other server needs the database and the user, and must let this one's user in (a password: ALTER USER MAPPING … OPTIONS
-- (ADD password …) after a first try). Docs: docs/scaling.md.
\set ON_ERROR_STOP on
\set server partition_ :part
\set partition mapping_ :part
\set kept :partition _local
BEGIN;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER :"server" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
    host :'host', port :'port', dbname :'dbname', batch_size '1000', fetch_size '10000', async_capable 'true',
    -- Look-ups come one name at a time: nobody shall ask the other server for statistics.
    use_remote_estimate 'false', fdw_startup_cost '1', fdw_tuple_cost '0.001');
CREATE USER MAPPING FOR CURRENT_USER SERVER :"server" OPTIONS (user :'user');
SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'modulus (\d+)') AS modulus,
    substring(pg_get_expr(c.relpartbound, c.oid) FROM 'remainder (\d+)') AS remainder
FROM pg_class c WHERE c.oid = format('lrc.%I', :'partition')::regclass \gset
ALTER TABLE lrc.mapping DETACH PARTITION lrc.:"partition";
ALTER TABLE lrc.:"partition" RENAME TO :"kept";
CREATE FOREIGN TABLE lrc.:"partition" PARTITION OF lrc.mapping
    FOR VALUES WITH (MODULUS :modulus, REMAINDER :remainder)
    SERVER :"server" OPTIONS (schema_name 'lrc', table_name :'partition');
INSERT INTO lrc.:"partition" (lfn, pfn, lfn_tail, pfn_tail) SELECT lfn, pfn, lfn_tail, pfn_tail FROM lrc.:"kept";
DROP TABLE lrc.:"kept";
COMMIT;
