-- +goose Up
-- What happens over and over within an hour is one event with a count: first at, last last_at (0: it happened once).
ALTER TABLE audit_events ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
ALTER TABLE audit_events ADD COLUMN last_at BIGINT NOT NULL DEFAULT 0;

-- How long audit events are kept, in milliseconds: what the server's setting says, a week at least.
CREATE TABLE retention (
    kind TEXT   PRIMARY KEY CHECK (kind = 'audit_events'),
    kept BIGINT NOT NULL CHECK (kept >= 604800000)
);
INSERT INTO retention (kind, kept) VALUES ('audit_events', 34560000000);

DROP TRIGGER audit_events_retain ON audit_events;
-- +goose StatementBegin
CREATE FUNCTION audit_events_retained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.at > extract(epoch FROM clock_timestamp()) * 1000
        - coalesce((SELECT kept FROM retention WHERE kind = 'audit_events'), 34560000000)
    THEN
        RAISE EXCEPTION 'audit events are append-only';
    END IF;
    RETURN OLD;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_events_retain BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_retained();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_retain;

-- Append-only, but for two changes: an event may be counted once more, and those of an erased connection may be blanked.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_events_blank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.action = OLD.action AND NEW.connection_id = OLD.connection_id
        AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id = OLD.actor_id AND NEW.grant_id = OLD.grant_id
    THEN
        IF NEW.detail = OLD.detail AND NEW.request_id = OLD.request_id AND NEW.address = OLD.address
            AND NEW.times = OLD.times + 1 AND NEW.last_at >= OLD.last_at AND NEW.last_at >= OLD.at
        THEN
            RETURN NEW;
        END IF;
        IF NEW.times = OLD.times AND NEW.last_at = OLD.last_at
            AND NEW.detail = '' AND NEW.request_id = '' AND NEW.address = '' AND OLD.connection_id <> ''
            AND NOT EXISTS (SELECT 1 FROM connections WHERE id = OLD.connection_id)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit events are append-only';
END;
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_events_blank() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP TRIGGER audit_events_retain ON audit_events;
DROP FUNCTION audit_events_retained();
CREATE TRIGGER audit_events_retain BEFORE DELETE ON audit_events
    FOR EACH ROW WHEN (OLD.at > (extract(epoch FROM clock_timestamp()) - 400 * 86400) * 1000)
    EXECUTE FUNCTION audit_events_refuse();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_retain;
DROP TABLE retention;
ALTER TABLE audit_events DROP COLUMN last_at;
ALTER TABLE audit_events DROP COLUMN times;
