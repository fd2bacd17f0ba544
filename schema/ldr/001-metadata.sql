-- A site's metadata catalog: what is known of every published file, here and at other sites.

-- `change` is the order in which this site learnt of changes; a file has its last one. A deleted file stays, so that an
-- older change of it that comes late does not bring it back.
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    lfn BLOB NOT NULL UNIQUE,
    is_deleted INTEGER NOT NULL,
    size INTEGER NOT NULL,
    adler32 INTEGER,
    md5 BLOB,
    sha256 BLOB,
    collection TEXT NOT NULL,
    -- As in segments of the log.
    attributes BLOB NOT NULL,
    -- When and where it was changed: of two changes the later counts.
    clock INTEGER NOT NULL,
    site TEXT NOT NULL,
    change INTEGER NOT NULL
);
CREATE UNIQUE INDEX file_by_change ON file (change);

-- One row.
CREATE TABLE state (
    is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
    -- Tells this log from one that the site had before its database was made anew or restored.
    epoch TEXT NOT NULL,
    -- The last that was given out.
    change INTEGER NOT NULL DEFAULT 0,
    clock INTEGER NOT NULL DEFAULT 0,
    -- Files that are not deleted: to count them takes a while.
    files INTEGER NOT NULL DEFAULT 0,
    -- Whose it is; nothing before its first change.
    site TEXT NOT NULL DEFAULT ''
);
INSERT INTO state (is_only, epoch) VALUES (1, lower(hex(randomblob(16))));

-- How far this site has followed the logs of others. Times are milliseconds since 1970.
CREATE TABLE peer (
    site TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    position INTEGER NOT NULL,
    checked INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    error TEXT
) WITHOUT ROWID;
