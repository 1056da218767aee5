-- +goose Up
-- sequence numbers a grant's events. paused: the service was told that the grant is paused.
ALTER TABLE grants ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

-- Where a service receives its events. One server at a time delivers them, under a lease.
CREATE TABLE webhook_endpoints (
    service_id   TEXT PRIMARY KEY REFERENCES services (id) ON DELETE CASCADE,
    url          TEXT    NOT NULL,
    failures     INTEGER NOT NULL DEFAULT 0,
    retry_at     INTEGER,
    lease_holder TEXT NOT NULL DEFAULT '',
    lease_until  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The secrets that sign a service's events, sealed. During a rotation there are two.
CREATE TABLE webhook_secrets (
    id            TEXT PRIMARY KEY,
    service_id    TEXT NOT NULL REFERENCES webhook_endpoints (service_id) ON DELETE CASCADE,
    sealed_secret BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER
) STRICT;
CREATE INDEX webhook_secrets_service_id ON webhook_secrets (service_id);
CREATE INDEX webhook_secrets_sealed_by ON webhook_secrets (substr(sealed_secret, 1, 5));

-- What happened to grants, written with the change itself. grant_id and connection_id refer to nothing: the last event
-- of an erased grant is still delivered.
CREATE TABLE outbox (
    cursor          INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    service_id      TEXT NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    grant_id        TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    type            TEXT    NOT NULL,
    sequence        INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    payload         BLOB NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'unsent')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    give_up_at      INTEGER NOT NULL,
    last_status     INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT    NOT NULL DEFAULT '',
    delivered_at    INTEGER,
    UNIQUE (grant_id, sequence)
) STRICT;
CREATE INDEX outbox_pending ON outbox (service_id, attempts, cursor) WHERE state = 'pending';
CREATE INDEX outbox_due ON outbox (service_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_pending_of_grant ON outbox (grant_id, sequence) WHERE state = 'pending';
CREATE INDEX outbox_service_id ON outbox (service_id, cursor);
CREATE INDEX outbox_state_at ON outbox (state, at);
CREATE INDEX outbox_connection_id ON outbox (connection_id);

-- A retired key may not seal a secret either.
-- +goose StatementBegin
CREATE TRIGGER webhook_secrets_retired_key_inserted BEFORE INSERT ON webhook_secrets
    WHEN EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(NEW.sealed_secret, 1, 5))
BEGIN
    SELECT RAISE(ABORT, 'sealed by a retired key');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER webhook_secrets_retired_key BEFORE UPDATE OF sealed_secret ON webhook_secrets
    WHEN EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(NEW.sealed_secret, 1, 5))
BEGIN
    SELECT RAISE(ABORT, 'sealed by a retired key');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE outbox;
DROP TABLE webhook_secrets;
DROP TABLE webhook_endpoints;
ALTER TABLE grants DROP COLUMN paused;
ALTER TABLE grants DROP COLUMN sequence;
