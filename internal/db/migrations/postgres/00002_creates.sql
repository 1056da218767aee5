-- +goose Up
-- One row per create that may have reached upstream, kept for the life of its Idempotency-Key.
CREATE TABLE creates (
    id             TEXT COLLATE "C" PRIMARY KEY,
    connection_id  TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    key_hash       BYTEA,            -- of the Idempotency-Key and its route; NULL when the caller sent none
    fingerprint    BYTEA   NOT NULL, -- of the canonical body
    name           TEXT    NOT NULL,
    primary_region TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('prepared', 'sent', 'uncertain', 'done')),
    known_ids      TEXT    NOT NULL DEFAULT '[]', -- ids that bore the name before the call
    database_id    TEXT,
    sealed_answer  BYTEA,
    cut_at         BIGINT,
    lease_fence    BIGINT  NOT NULL DEFAULT 1,
    lease_until    BIGINT  NOT NULL,
    created_at     BIGINT  NOT NULL,
    expires_at     BIGINT  NOT NULL
);
CREATE UNIQUE INDEX creates_one_per_key ON creates (connection_id, key_hash) WHERE key_hash IS NOT NULL;
-- One create per account and name is open at a time: two could not be told apart afterwards.
CREATE UNIQUE INDEX creates_one_open_per_name ON creates (connection_id, name) WHERE state <> 'done';
-- A database is the outcome of one create at most.
CREATE UNIQUE INDEX creates_one_per_database ON creates (connection_id, database_id) WHERE database_id IS NOT NULL;
CREATE INDEX creates_expires_at ON creates (expires_at);

-- +goose Down
DROP TABLE creates;
