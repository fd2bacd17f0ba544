-- Replica location index: what senders of name lists have told. Filters are kept in memory and in files.

-- first and last: generations in which the sender has told of the name without a break. A list in progress writes a
-- generation that nobody sees yet; when it is complete the sender's live generation becomes that one, and all of it is
-- visible at once.
CREATE TABLE entry (
    lfn BLOB NOT NULL,
    sender INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (lfn, sender)
) WITHOUT ROWID;

-- Times are Unix times. path: index servers that the state has passed, separated by blanks.
CREATE TABLE sender (
    id INTEGER PRIMARY KEY,
    url BLOB NOT NULL,
    instance BLOB NOT NULL,
    path BLOB NOT NULL,
    live INTEGER NOT NULL,
    last_update INTEGER NOT NULL,
    last_full INTEGER NOT NULL,
    update_interval INTEGER NOT NULL,
    names INTEGER NOT NULL,
    UNIQUE (url, instance)
);

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('lfn', 0), ('mapping', 0);

-- Index servers that this one updates, and the parts of the name space each of them is told of.
CREATE TABLE rli (
    id INTEGER PRIMARY KEY,
    url BLOB NOT NULL UNIQUE,
    flags INTEGER NOT NULL,
    last_update INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE rli_partition (
    rli_id INTEGER NOT NULL REFERENCES rli (id) ON DELETE CASCADE,
    pattern BLOB NOT NULL,
    PRIMARY KEY (rli_id, pattern)
) WITHOUT ROWID;
