-- +goose Up
-- sequence numbers a grant's events. paused: the service was told that the grant is paused.
ALTER TABLE grants ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN paused BOOLEAN NOT NULL DEFAULT FALSE;

-- Where a service receives its events. One server at a time delivers them, under a lease.
CREATE TABLE webhook_endpoints (
    service_id   TEXT COLLATE "C" PRIMARY KEY REFERENCES services (id) ON DELETE CASCADE,
    url          TEXT    NOT NULL,
    failures     BIGINT NOT NULL DEFAULT 0,
    retry_at     BIGINT,
    lease_holder TEXT COLLATE "C" NOT NULL DEFAULT '',
    lease_until  BIGINT NOT NULL DEFAULT 0
);

-- The secrets that sign a service's events, sealed. During a rotation there are two.
CREATE TABLE webhook_secrets (
    id            TEXT COLLATE "C" PRIMARY KEY,
    service_id    TEXT COLLATE "C" NOT NULL REFERENCES webhook_endpoints (service_id) ON DELETE CASCADE,
    sealed_secret BYTEA NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT
);
CREATE INDEX webhook_secrets_service_id ON webhook_secrets (service_id);
CREATE INDEX webhook_secrets_sealed_by ON webhook_secrets (substr(sealed_secret, 1, 5));

-- What happened to grants, written with the change itself. grant_id and connection_id refer to nothing: the last event
-- of an erased grant is still delivered.
CREATE TABLE outbox (
    cursor          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    service_id      TEXT COLLATE "C" NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    grant_id        TEXT COLLATE "C" NOT NULL,
    connection_id   TEXT COLLATE "C" NOT NULL,
    type            TEXT    NOT NULL,
    sequence        BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    payload         BYTEA NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'unsent')),
    attempts        BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL,
    give_up_at      BIGINT NOT NULL,
    last_status     BIGINT NOT NULL DEFAULT 0,
    last_error      TEXT    NOT NULL DEFAULT '',
    delivered_at    BIGINT,
    UNIQUE (grant_id, sequence)
);
CREATE INDEX outbox_pending ON outbox (service_id, attempts, cursor) WHERE state = 'pending';
CREATE INDEX outbox_due ON outbox (service_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_pending_of_grant ON outbox (grant_id, sequence) WHERE state = 'pending';
CREATE INDEX outbox_service_id ON outbox (service_id, cursor);
CREATE INDEX outbox_state_at ON outbox (state, at);
CREATE INDEX outbox_connection_id ON outbox (connection_id);

-- Cursors are drawn in another order than their transactions commit. A reader that has returned cursor 2 would never see
-- cursor 1 if that was committed later. So before a transaction draws a cursor, it locks, until it ends, the last one
-- that was drawn: its own are above. The locks are shared and only shown in pg_locks; nobody waits for one. A reader
-- returns nothing above the lowest. The first key of a lock is 1131375980 plus the upper bits of the cursor.
-- +goose StatementBegin
CREATE FUNCTION outbox_announce() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    drawn BIGINT;
BEGIN
    SELECT last_value INTO drawn FROM outbox_cursor_seq;
    PERFORM pg_advisory_xact_lock_shared(1131375980 + (drawn >> 31)::INT, (drawn & 2147483647)::INT);
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
-- A trigger of the statement runs before the statement draws a cursor.
CREATE TRIGGER outbox_announce BEFORE INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_announce();

-- A retired key may not seal a secret either.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION retired_key_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed BYTEA;
BEGIN
    IF TG_TABLE_NAME = 'connections' THEN
        sealed := NEW.sealed_key;
    ELSIF TG_TABLE_NAME = 'webhook_secrets' THEN
        sealed := NEW.sealed_secret;
    ELSE
        sealed := NEW.sealed_answer;
    END IF;
    IF EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(sealed, 1, 5)) THEN
        RAISE EXCEPTION 'sealed by a retired key';
    END IF;
    RETURN NEW;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER webhook_secrets_retired_key BEFORE INSERT OR UPDATE OF sealed_secret ON webhook_secrets
    FOR EACH ROW EXECUTE FUNCTION retired_key_refuse();
ALTER TABLE webhook_secrets ENABLE ALWAYS TRIGGER webhook_secrets_retired_key;

-- +goose Down
DROP TRIGGER webhook_secrets_retired_key ON webhook_secrets;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION retired_key_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed BYTEA;
BEGIN
    IF TG_TABLE_NAME = 'connections' THEN
        sealed := NEW.sealed_key;
    ELSE
        sealed := NEW.sealed_answer;
    END IF;
    IF EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(sealed, 1, 5)) THEN
        RAISE EXCEPTION 'sealed by a retired key';
    END IF;
    RETURN NEW;
END;
$$;
-- +goose StatementEnd
DROP TABLE outbox;
DROP FUNCTION outbox_announce();
DROP TABLE webhook_secrets;
DROP TABLE webhook_endpoints;
ALTER TABLE grants DROP COLUMN paused;
ALTER TABLE grants DROP COLUMN sequence;
