-- What a site's daemons have to do and have done. All but the history can be made again from the metadata and the LRC.

-- `id` is a bit of want.subscriptions. `position`: changes of the metadata up to here have been looked at with `expression`.
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 0 AND 61),
    name TEXT NOT NULL UNIQUE,
    expression TEXT NOT NULL,
    priority INTEGER NOT NULL,
    -- Seconds; 0 for ever.
    lifetime INTEGER NOT NULL DEFAULT 0,
    -- Bytes; 0 for no limit.
    maximum_volume INTEGER NOT NULL DEFAULT 0,
    -- Whether new files take the place of the oldest when the volume is used up.
    rolling INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0
);

-- The metadata database that the positions are of, one row: another one counts its changes anew.
CREATE TABLE origin (
    is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
    epoch TEXT NOT NULL
);

-- Files that a subscription wants. state: 0 missing, 1 queued (a source is chosen), 2 active, 3 present, 4 stuck, 5 held back,
-- 6 expired (it was here, and was removed as its subscriptions say), 7 staging (a source is chosen, which has to bring it back from
-- tape first). Times are milliseconds since 1970.
CREATE TABLE want (
    -- Never given out again: partial files are named by it, and may be open longer than the row is there.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lfn BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    -- 0 between the end of the last one and the next look at the metadata, of a file that was on its way.
    subscriptions INTEGER NOT NULL,
    -- The one of them with the highest priority: its share of the transfers is used.
    queue INTEGER NOT NULL,
    state INTEGER NOT NULL,
    -- Since when it is wanted.
    since INTEGER NOT NULL,
    -- Not before; where a source is chosen, the order in its queue, or when the source is asked again; of one that is or was here, when it came.
    next_try INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    source TEXT,
    url BLOB,
    reason TEXT,
    -- The strongest checksum in the metadata, after its kind: a copy of a file that has another one now is none of it.
    checksum BLOB,
    -- Since when the source was asked to bring it back; 0 for one that was not, or has come.
    staging INTEGER NOT NULL DEFAULT 0,
    -- Of one that is held back: 0 the volume is used up, 1 it waits until older ones have been let go of, 2 it is older than those
    -- that are here.
    held INTEGER NOT NULL DEFAULT 0
);
-- Nor by a database that was lost and made anew: from microseconds since 1970 on, which nobody gives out as fast.
INSERT INTO sqlite_sequence (name, seq) VALUES ('want', CAST(strftime('%s', 'now') AS INTEGER) * 1000000);
CREATE INDEX want_to_schedule ON want (queue, next_try) WHERE state = 0;
CREATE INDEX want_queued ON want (source, next_try) WHERE state = 1;
CREATE INDEX want_staging ON want (next_try) WHERE state = 7;
CREATE INDEX want_staged ON want (state) WHERE staging > 0;
CREATE INDEX want_held ON want (held, id) WHERE state = 5;
CREATE INDEX want_active ON want (source) WHERE state = 2;
CREATE INDEX want_stuck ON want (next_try) WHERE state = 4;
CREATE INDEX want_by_none ON want (id) WHERE subscriptions = 0;

-- Files that this site published, some time, wanted or not: a copy here is not one that a transfer brought.
CREATE TABLE own (lfn BLOB PRIMARY KEY) WITHOUT ROWID;

-- What transfers have taught about sources.
CREATE TABLE source (
    name TEXT PRIMARY KEY,
    -- Bytes a second, of late.
    rate REAL NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    failed_in_row INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0,
    error TEXT
) WITHOUT ROWID;

-- History.
CREATE TABLE transfer (
    id INTEGER PRIMARY KEY,
    lfn BLOB NOT NULL,
    source TEXT NOT NULL,
    url BLOB NOT NULL,
    began INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    -- NULL for success, else the kind of failure.
    failure TEXT,
    message TEXT,
    -- The file stood in its place after this transfer, and because of it, for all that is known.
    brought INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX transfer_by_lfn ON transfer (lfn);
-- They are forgotten after a time.
CREATE INDEX transfer_failed ON transfer (ended) WHERE failure IS NOT NULL;

-- Files in watched directories that were published, as they were then. Times are nanoseconds since 1970; settings are NULL for
-- those that somebody published by hand.
CREATE TABLE published (
    path BLOB PRIMARY KEY,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    settings TEXT
) WITHOUT ROWID;

-- The metadata that they were published in, one row.
CREATE TABLE published_in (
    is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
    epoch TEXT NOT NULL,
    change INTEGER NOT NULL
);

-- When the content of copies was last read and compared. Milliseconds since 1970.
CREATE TABLE content_read (
    place TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;

-- Files that nobody knows, and since when: they may be on their way into the catalog. Milliseconds since 1970.
CREATE TABLE dark (
    place TEXT PRIMARY KEY,
    since INTEGER NOT NULL
) WITHOUT ROWID;

-- Directories of partitions that have had a mark: without it they are not mounted.
CREATE TABLE partition_seen (root TEXT PRIMARY KEY) WITHOUT ROWID;
