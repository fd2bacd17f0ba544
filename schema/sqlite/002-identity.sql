-- Tells this catalog from any other that goes by the same URL.
CREATE TABLE identity (
    id BLOB PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO identity (id) VALUES (CAST(lower(hex(randomblob(16))) AS BLOB));
