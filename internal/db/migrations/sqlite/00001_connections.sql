-- +goose Up
-- Times are milliseconds since 1970. Secrets are sealed (internal/seal), tokens are kept as SHA-256 only.
CREATE TABLE connections (
    id              TEXT    PRIMARY KEY,
    issuer          TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    email           TEXT    NOT NULL DEFAULT '',
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'active', 'suspect', 'reconnect_required', 'disconnected')),
    key_name        TEXT    NOT NULL DEFAULT '',
    sealed_key      BLOB,
    connected_at    INTEGER,
    disconnected_at INTEGER,
    lease_fence     INTEGER NOT NULL DEFAULT 0,
    lease_until     INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT;

-- One row per key name ever sent, or about to be sent, upstream.
CREATE TABLE mint_intents (
    id            TEXT    PRIMARY KEY,
    connection_id TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    name          TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'uncertain', 'live', 'refused', 'left_behind', 'unconfirmed')),
    fence         INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    UNIQUE (connection_id, name)
) STRICT;
-- The rule "at most one live key", kept by the database itself.
CREATE UNIQUE INDEX mint_intents_one_live ON mint_intents (connection_id) WHERE state = 'live';

CREATE TABLE used_tokens (
    connection_id TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    digest        BLOB    NOT NULL,
    expires_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_tokens_expires_at ON used_tokens (expires_at);

CREATE TABLE sessions (
    token_hash    BLOB    PRIMARY KEY,
    connection_id TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    created_at    INTEGER NOT NULL,
    idle_until    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_connection_id ON sessions (connection_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE audit_events (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    at            INTEGER NOT NULL,
    action        TEXT    NOT NULL,
    connection_id TEXT    NOT NULL,
    detail        TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_events_at ON audit_events (at);

-- +goose Down
DROP TABLE audit_events;
DROP TABLE sessions;
DROP TABLE used_tokens;
DROP TABLE mint_intents;
DROP TABLE connections;
