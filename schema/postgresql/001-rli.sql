-- Replica location index: what senders of name lists have told. Filters are kept in memory and in files.
-- As in 001-lrc.sql: names are bytea with tails, every writer locks the state.

-- first and last: generations in which the sender has told of the name without a break. A list in progress writes a
-- generation that nobody sees yet; when it is complete the sender's live generation becomes that one, and all of it is
-- visible at once. The key's order is that of look-ups: all entries of a name, or the one of a sender. A list rewrites the rows
-- of its sender: pages of the partitions are half filled, so that new versions stay beside the old and indexes as they are.
CREATE TABLE rli.entry (
    lfn bytea NOT NULL,
    lfn_tail bytea NOT NULL DEFAULT '',
    sender bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    tails bytea NOT NULL GENERATED ALWAYS AS (
        CASE WHEN lfn_tail = '' THEN ''::bytea ELSE sha256(lfn_tail) END
    ) STORED,
    PRIMARY KEY (lfn, tails, sender)
) PARTITION BY HASH (lfn);

-- Times are Unix times. path: index servers that the state has passed, separated by blanks. generation: the last that was
-- given out; above live while a list is under way. Numbers are chosen at random: several servers may take up senders.
CREATE TABLE rli.sender (
    id bigint PRIMARY KEY,
    url bytea NOT NULL,
    instance bytea NOT NULL,
    path bytea NOT NULL,
    live bigint NOT NULL,
    generation bigint NOT NULL,
    last_update bigint NOT NULL,
    last_full bigint NOT NULL,
    update_interval bigint NOT NULL,
    names bigint NOT NULL
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX sender_by_url ON rli.sender (sha256(url), sha256(instance));

CREATE TABLE rli.state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    lfns bigint NOT NULL DEFAULT 0,
    mappings bigint NOT NULL DEFAULT 0,
    -- Of the last commit that changed senders: servers keep them in memory, and look here whether others have changed one.
    change bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO rli.state DEFAULT VALUES;

CREATE TABLE rli.writer (
    id uuid PRIMARY KEY,
    commits bigint NOT NULL,
    written timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20);

-- Index servers that this one updates, and the parts of the name space each of them is told of.
CREATE TABLE rli.rli (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    url bytea NOT NULL,
    flags bigint NOT NULL,
    last_update bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX rli_by_url ON rli.rli (sha256(url));
CREATE TABLE rli.rli_partition (
    rli_id integer NOT NULL REFERENCES rli.rli (id) ON DELETE CASCADE,
    pattern bytea NOT NULL
);
CREATE UNIQUE INDEX rli_partition_by_pattern ON rli.rli_partition (rli_id, sha256(pattern));
