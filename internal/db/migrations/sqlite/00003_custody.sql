-- +goose Up
-- A token that was used to connect before the last disconnect: it must not bring the account back.
ALTER TABLE used_tokens ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;

-- The audit log is append-only for everyone, our own code included. Only what has passed the retention of 400 days
-- (AuditKept) can go, by the database's own clock.
-- +goose StatementBegin
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_events_retain BEFORE DELETE ON audit_events
    WHEN OLD.at > (unixepoch('now') - 400 * 86400) * 1000
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
-- INSERT OR REPLACE deletes without asking the trigger above (https://www.sqlite.org/lang_conflict.html).
-- +goose StatementBegin
CREATE TRIGGER audit_events_append BEFORE INSERT ON audit_events
    WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_events_append;
DROP TRIGGER audit_events_retain;
DROP TRIGGER audit_events_keep;
ALTER TABLE used_tokens DROP COLUMN spent;
