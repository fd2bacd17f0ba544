-- Local replica catalog. Names are bytea: any byte but NUL, compared bytewise whatever the database's locale.

-- A B-tree entry has at most 2704 bytes, a name 4096: what is longer than 1200 bytes goes on in a tail. `tails` tells
-- mappings with tails apart; usually all three are empty and cost a byte each. The number of partitions is chosen at
-- set-up; a look-up by logical name reads one of them, one by target reads all.
CREATE TABLE lrc.mapping (
    lfn bytea NOT NULL,
    pfn bytea NOT NULL,
    lfn_tail bytea NOT NULL DEFAULT '',
    pfn_tail bytea NOT NULL DEFAULT '',
    -- Names contain no NUL.
    tails bytea NOT NULL GENERATED ALWAYS AS (
        CASE WHEN lfn_tail = '' AND pfn_tail = '' THEN ''::bytea ELSE sha256(lfn_tail || '\x00'::bytea || pfn_tail) END
    ) STORED
) PARTITION BY HASH (lfn);
-- Each partition is made with PRIMARY KEY (lfn, pfn, tails) and an index on (pfn, lfn). They are not the table's, for then no
-- partition could be on another server.

-- One row. Who changes the catalog locks it first, so changes of several servers come one after the other: counts are exact,
-- and the log is in the order of the commits.
CREATE TABLE lrc.state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- Tells this catalog from any other that goes by the same URL.
    identity bytea NOT NULL,
    lfns bigint NOT NULL DEFAULT 0,
    pfns bigint NOT NULL DEFAULT 0,
    mappings bigint NOT NULL DEFAULT 0,
    -- Of the last commit that changed names or the list of index servers.
    change bigint NOT NULL DEFAULT 0,
    -- Somebody is to be told of changes: they are logged.
    is_logged boolean NOT NULL DEFAULT false
) WITH (fillfactor = 10);
INSERT INTO lrc.state (identity) VALUES (replace(gen_random_uuid()::text, '-', '')::bytea);

-- What a commit did to the set of logical names, for the server that sends soft state. Older rows are removed by it.
CREATE TABLE lrc.change (
    number bigint PRIMARY KEY,
    written timestamptz NOT NULL DEFAULT now(),
    events bytea NOT NULL
);
ALTER TABLE lrc.change ALTER COLUMN events SET STORAGE EXTERNAL;

-- Each running server's commits, so that it can tell what became of one whose answer was lost.
CREATE TABLE lrc.writer (
    id uuid PRIMARY KEY,
    commits bigint NOT NULL,
    written timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20);

-- What exactly one server does, until then.
CREATE TABLE lrc.duty (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    url bytea NOT NULL,
    expires timestamptz NOT NULL
);

-- object_type: 0 LFN, 1 PFN. value_type: 0 date, 1 float, 2 int, 3 string (the numbers of the protocol).
CREATE TABLE lrc.attribute (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    object_type smallint NOT NULL,
    name bytea NOT NULL,
    value_type smallint NOT NULL
);
CREATE UNIQUE INDEX attribute_by_name ON lrc.attribute (object_type, sha256(name));

-- Dates are YYYYMMDDHHMMSS; one of the three values is there, as the attribute's type says.
CREATE TABLE lrc.attribute_value (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    attribute_id integer NOT NULL REFERENCES lrc.attribute (id) ON DELETE CASCADE,
    name bytea NOT NULL,
    name_tail bytea NOT NULL DEFAULT '',
    tails bytea NOT NULL GENERATED ALWAYS AS (
        CASE WHEN name_tail = '' THEN ''::bytea ELSE sha256(name_tail) END
    ) STORED,
    integer_value bigint,
    float_value double precision,
    string_value bytea,
    PRIMARY KEY (name, attribute_id, tails),
    CHECK (num_nonnulls(integer_value, float_value, string_value) = 1)
);
CREATE INDEX attribute_value_by_integer ON lrc.attribute_value (attribute_id, integer_value, id)
    WHERE integer_value IS NOT NULL;
CREATE INDEX attribute_value_by_float ON lrc.attribute_value (attribute_id, float_value, id)
    WHERE float_value IS NOT NULL;
CREATE INDEX attribute_value_by_string ON lrc.attribute_value (attribute_id, substr(string_value, 1, 1200))
    WHERE string_value IS NOT NULL;
CREATE INDEX attribute_value_by_attribute ON lrc.attribute_value (attribute_id);

-- Index servers that this catalog keeps informed, and the parts of the name space each of them is told of.
CREATE TABLE lrc.rli (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    url bytea NOT NULL,
    flags bigint NOT NULL,
    last_update bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX rli_by_url ON lrc.rli (sha256(url));
CREATE TABLE lrc.rli_partition (
    rli_id integer NOT NULL REFERENCES lrc.rli (id) ON DELETE CASCADE,
    pattern bytea NOT NULL
);
CREATE UNIQUE INDEX rli_partition_by_pattern ON lrc.rli_partition (rli_id, sha256(pattern));
