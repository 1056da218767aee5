-- +goose Up
-- What happens over and over within an hour is one event with a count: first at, last last_at (0: it happened once).
ALTER TABLE audit_events ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
ALTER TABLE audit_events ADD COLUMN last_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX audit_events_fold ON audit_events (connection_id, action, at);

-- How long audit events are kept, in milliseconds: what the server's setting says, a week at least.
CREATE TABLE retention (
    kind TEXT    PRIMARY KEY CHECK (kind = 'audit_events'),
    kept INTEGER NOT NULL CHECK (kept >= 604800000)
);
INSERT INTO retention (kind, kept) VALUES ('audit_events', 34560000000);

DROP TRIGGER audit_events_retain;
-- +goose StatementBegin
CREATE TRIGGER audit_events_retain BEFORE DELETE ON audit_events
    -- to the millisecond, as the server asks: with whole seconds the trigger would refuse what has just become old enough
    WHEN OLD.at > CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)
        - coalesce((SELECT kept FROM retention WHERE kind = 'audit_events'), 34560000000)
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd

-- Append-only, but for two changes: an event may be counted once more, and those of an erased connection may be blanked.
DROP TRIGGER audit_events_keep;
-- +goose StatementBegin
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
    WHEN NOT (NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.connection_id = OLD.connection_id
        AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id = OLD.actor_id AND NEW.grant_id = OLD.grant_id
        AND ((NEW.detail = OLD.detail AND NEW.request_id = OLD.request_id AND NEW.address = OLD.address
                AND NEW.times = OLD.times + 1 AND NEW.last_at >= OLD.last_at AND NEW.last_at >= OLD.at)
            OR (NEW.times = OLD.times AND NEW.last_at = OLD.last_at
                AND NEW.detail = '' AND NEW.request_id = '' AND NEW.address = '' AND OLD.connection_id <> ''
                AND NOT EXISTS (SELECT 1 FROM connections WHERE id = OLD.connection_id))))
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_events_keep;
-- +goose StatementBegin
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
    WHEN NOT (NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.connection_id = OLD.connection_id
        AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id = OLD.actor_id AND NEW.grant_id = OLD.grant_id
        AND NEW.detail = '' AND NEW.request_id = '' AND NEW.address = '' AND OLD.connection_id <> ''
        AND NOT EXISTS (SELECT 1 FROM connections WHERE id = OLD.connection_id))
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
DROP TRIGGER audit_events_retain;
-- +goose StatementBegin
CREATE TRIGGER audit_events_retain BEFORE DELETE ON audit_events
    WHEN OLD.at > (unixepoch('now') - 400 * 86400) * 1000
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
DROP TABLE retention;
DROP INDEX audit_events_fold;
ALTER TABLE audit_events DROP COLUMN last_at;
ALTER TABLE audit_events DROP COLUMN times;
