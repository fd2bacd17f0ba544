-- A replicating site's metadata catalog, as ../ldr/001-metadata.sql has it: what is known of every published file, here and
-- at other sites.
-- Texts are bytea, whatever the encoding of the database.

-- A B-tree entry has at most 2704 bytes, an LFN 4096: what is longer than 1200 bytes goes on in a tail.
CREATE TABLE ldr.file (
    lfn bytea NOT NULL,
    lfn_tail bytea NOT NULL,
    tails bytea NOT NULL GENERATED ALWAYS AS (CASE WHEN lfn_tail = '' THEN ''::bytea ELSE sha256(lfn_tail) END) STORED,
    -- The order in which this site learnt of changes; a file has its last one.
    change bigint NOT NULL,
    -- When and where it was changed: of two changes the later counts.
    clock bigint NOT NULL,
    site bytea NOT NULL,
    -- A deleted file stays, so that an older change of it that comes late does not bring it back.
    is_deleted boolean NOT NULL,
    size bigint NOT NULL,
    adler32 bigint,
    md5 bytea,
    sha256 bytea,
    collection bytea NOT NULL,
    -- As in segments of the log.
    attributes bytea NOT NULL,
    PRIMARY KEY (lfn, tails)
);
CREATE UNIQUE INDEX file_by_change ON ldr.file (change);

-- One row. Who changes the catalog locks it first, so changes of several programs come one after the other.
CREATE TABLE ldr.state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- Tells this log from one that the site had before its database was made anew or restored.
    epoch bytea NOT NULL,
    -- The last that was given out.
    change bigint NOT NULL DEFAULT 0,
    clock bigint NOT NULL DEFAULT 0,
    -- Files that are not deleted: to count them takes a while.
    files bigint NOT NULL DEFAULT 0,
    -- Whose it is; nothing before its first change.
    site bytea NOT NULL DEFAULT ''
) WITH (fillfactor = 10);
INSERT INTO ldr.state (epoch) VALUES (replace(gen_random_uuid()::text, '-', '')::bytea);

-- How far this site has followed the logs of others. Times are milliseconds since 1970.
CREATE TABLE ldr.peer (
    site bytea PRIMARY KEY,
    epoch bytea NOT NULL,
    position bigint NOT NULL,
    checked bigint NOT NULL,
    changed bigint NOT NULL,
    error bytea
) WITH (fillfactor = 50);
