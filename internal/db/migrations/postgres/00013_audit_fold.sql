-- +goose NO TRANSACTION
-- +goose Up
-- Events that are alike are found by it. The audit log may have millions of rows: built like this, the index keeps nobody
-- from writing events meanwhile. Whoever has a log so large that a start must not wait for it builds the index beforehand.
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_events_fold ON audit_events (connection_id, action, at);

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS audit_events_fold;
