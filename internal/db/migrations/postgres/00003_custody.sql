-- +goose Up
-- A token that was used to connect before the last disconnect: it must not bring the account back.
ALTER TABLE used_tokens ADD COLUMN spent BOOLEAN NOT NULL DEFAULT FALSE;

-- The audit log is append-only for everyone, our own code included. Only what has passed the retention of 400 days
-- (AuditKept) can go, by the database's own clock. ALWAYS: also in sessions that have triggers switched off for replication.
-- +goose StatementBegin
CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are append-only';
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_refuse();
CREATE TRIGGER audit_events_retain BEFORE DELETE ON audit_events
    FOR EACH ROW WHEN (OLD.at > (extract(epoch FROM clock_timestamp()) - 400 * 86400) * 1000)
    EXECUTE FUNCTION audit_events_refuse();
CREATE TRIGGER audit_events_whole BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_keep;
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_retain;
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_whole;

-- +goose Down
DROP TRIGGER audit_events_whole ON audit_events;
DROP TRIGGER audit_events_retain ON audit_events;
DROP TRIGGER audit_events_keep ON audit_events;
DROP FUNCTION audit_events_refuse();
ALTER TABLE used_tokens DROP COLUMN spent;
