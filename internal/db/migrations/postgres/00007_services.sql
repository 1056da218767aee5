-- +goose Up
-- How often a connection was disconnected. A grant belongs to one epoch: a disconnect ends it for good.
ALTER TABLE connections ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- Policies are JSON (partner.Policy), lists of scopes too. Tokens, invitations and codes are kept as SHA-256 only.
CREATE TABLE services (
    id          TEXT COLLATE "C" PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    policy      TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE service_urls (
    service_id TEXT COLLATE "C" NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    url        TEXT NOT NULL,
    PRIMARY KEY (service_id, url)
);

CREATE TABLE service_tokens (
    id           TEXT COLLATE "C" PRIMARY KEY,
    service_id   TEXT COLLATE "C" NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    hash         BYTEA   NOT NULL,
    scopes       TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
);
CREATE INDEX service_tokens_service_id ON service_tokens (service_id);

CREATE TABLE grants (
    id            TEXT COLLATE "C" PRIMARY KEY,
    service_id    TEXT COLLATE "C" NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    external_id   TEXT COLLATE "C" NOT NULL,
    display_name  TEXT    NOT NULL DEFAULT '',
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    epoch         BIGINT  NOT NULL,
    asked         TEXT    NOT NULL,
    consent       TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    revoked_at    BIGINT,
    revoked_by    TEXT    NOT NULL DEFAULT '' CHECK (revoked_by IN ('', 'user', 'service', 'operator', 'disconnect', 'replaced')),
    last_used_at  BIGINT,
    last_used_for TEXT    NOT NULL DEFAULT ''
);
-- One standing grant per end user, kept by the database itself.
CREATE UNIQUE INDEX grants_one_standing ON grants (service_id, external_id) WHERE revoked_at IS NULL;
CREATE INDEX grants_connection_id ON grants (connection_id);
CREATE INDEX grants_external_id ON grants (service_id, external_id);

CREATE TABLE grant_databases (
    grant_id    TEXT COLLATE "C" NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    database_id TEXT COLLATE "C" NOT NULL,
    selected    BOOLEAN NOT NULL DEFAULT FALSE,
    budget      BIGINT  NOT NULL DEFAULT 0,
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (grant_id, database_id)
);

CREATE TABLE connect_sessions (
    id               TEXT COLLATE "C" PRIMARY KEY,
    service_id       TEXT COLLATE "C" NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    external_id      TEXT COLLATE "C" NOT NULL,
    display_name     TEXT    NOT NULL DEFAULT '',
    login_hint       TEXT    NOT NULL DEFAULT '',
    return_url       TEXT    NOT NULL,
    reconnect_id     TEXT    NOT NULL DEFAULT '',
    asked            TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('open', 'authenticating', 'consenting', 'awaiting_completion', 'completed', 'refused', 'expired', 'failed')),
    invitation_hash  BYTEA   NOT NULL UNIQUE,
    status_hash      BYTEA   NOT NULL,
    transaction_hash BYTEA   UNIQUE,
    connection_id    TEXT COLLATE "C" REFERENCES connections (id) ON DELETE CASCADE,
    epoch            BIGINT  NOT NULL DEFAULT 0,
    consent          TEXT    NOT NULL DEFAULT '{}',
    code_hash        BYTEA,
    code_until       BIGINT,
    grant_id         TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at       BIGINT  NOT NULL,
    expires_at       BIGINT  NOT NULL
);
CREATE INDEX connect_sessions_expires_at ON connect_sessions (expires_at);
CREATE INDEX connect_sessions_connection_id ON connect_sessions (connection_id);
CREATE INDEX connect_sessions_service_id ON connect_sessions (service_id);

-- A create under a grant reserves a place of it. One that is not settled keeps its place, however old it is.
ALTER TABLE creates ADD COLUMN grant_id TEXT COLLATE "C" REFERENCES grants (id) ON DELETE CASCADE;
ALTER TABLE creates ADD COLUMN budget BIGINT NOT NULL DEFAULT 0;
CREATE INDEX creates_grant_id ON creates (grant_id) WHERE grant_id IS NOT NULL;

-- Who caused an event, and by which request.
ALTER TABLE audit_events ADD COLUMN actor_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN actor_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN grant_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_events_connection_id ON audit_events (connection_id, id);

-- Still append-only, but for one change: once a connection is erased, its events may be blanked to action, time and the
-- random id that no longer leads to anybody.
DROP TRIGGER audit_events_keep ON audit_events;
-- +goose StatementBegin
CREATE FUNCTION audit_events_blank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.connection_id = OLD.connection_id
        AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id = OLD.actor_id AND NEW.grant_id = OLD.grant_id
        AND NEW.detail = '' AND NEW.request_id = '' AND NEW.address = '' AND OLD.connection_id <> ''
        AND NOT EXISTS (SELECT 1 FROM connections WHERE id = OLD.connection_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit events are append-only';
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_blank();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_keep;

-- +goose Down
DROP TRIGGER audit_events_keep ON audit_events;
DROP FUNCTION audit_events_blank();
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_refuse();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_keep;
DROP INDEX audit_events_connection_id;
ALTER TABLE audit_events DROP COLUMN address;
ALTER TABLE audit_events DROP COLUMN request_id;
ALTER TABLE audit_events DROP COLUMN grant_id;
ALTER TABLE audit_events DROP COLUMN actor_id;
ALTER TABLE audit_events DROP COLUMN actor_kind;
DROP INDEX creates_grant_id;
ALTER TABLE creates DROP COLUMN budget;
ALTER TABLE creates DROP COLUMN grant_id;
DROP TABLE connect_sessions;
DROP TABLE grant_databases;
DROP TABLE grants;
DROP TABLE service_tokens;
DROP TABLE service_urls;
DROP TABLE services;
ALTER TABLE connections DROP COLUMN epoch;
