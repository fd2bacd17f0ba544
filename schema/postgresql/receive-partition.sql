-- Makes the table that takes a catalog's partition, on the server that it moves to; before move-partition.sql.
--
--   psql -v part=1 -f receive-partition.sql postgresql://…
\set ON_ERROR_STOP on
\set partition mapping_ :part
BEGIN;
CREATE SCHEMA IF NOT EXISTS lrc;
CREATE TABLE lrc.:"partition" (
    lfn bytea NOT NULL,
    pfn bytea NOT NULL,
    lfn_tail bytea NOT NULL DEFAULT '',
    pfn_tail bytea NOT NULL DEFAULT '',
    tails bytea NOT NULL GENERATED ALWAYS AS (
        CASE WHEN lfn_tail = '' AND pfn_tail = '' THEN ''::bytea ELSE sha256(lfn_tail || '\x00'::bytea || pfn_tail) END
    ) STORED,
    PRIMARY KEY (lfn, pfn, tails)
);
CREATE INDEX ON lrc.:"partition" (pfn, lfn);
COMMIT;
