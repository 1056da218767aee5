-- +goose Up
-- One row per create that may have reached upstream, kept for the life of its Idempotency-Key.
CREATE TABLE creates (
    id             TEXT    PRIMARY KEY,
    connection_id  TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    key_hash       BLOB,             -- of the Idempotency-Key and its route; NULL when the caller sent none
    fingerprint    BLOB    NOT NULL, -- of the canonical body
    name           TEXT    NOT NULL,
    primary_region TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('prepared', 'sent', 'uncertain', 'done')),
    known_ids      TEXT    NOT NULL DEFAULT '[]', -- ids that bore the name before the call
    database_id    TEXT,
    sealed_answer  BLOB,
    cut_at         INTEGER,
    lease_fence    INTEGER NOT NULL DEFAULT 1,
    lease_until    INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX creates_one_per_key ON creates (connection_id, key_hash) WHERE key_hash IS NOT NULL;
-- One create per account and name is open at a time: two could not be told apart afterwards.
CREATE UNIQUE INDEX creates_one_open_per_name ON creates (connection_id, name) WHERE state <> 'done';
-- A database is the outcome of one create at most.
CREATE UNIQUE INDEX creates_one_per_database ON creates (connection_id, database_id) WHERE database_id IS NOT NULL;
CREATE INDEX creates_expires_at ON creates (expires_at);

-- +goose Down
DROP TABLE creates;
