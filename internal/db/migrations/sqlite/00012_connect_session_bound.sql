-- +goose Up
-- A service may have a few connect sessions open for one end user: a new one ends the oldest.
CREATE INDEX connect_sessions_external_id ON connect_sessions (service_id, external_id, created_at);
DROP INDEX connect_sessions_service_id;

-- +goose Down
CREATE INDEX connect_sessions_service_id ON connect_sessions (service_id);
DROP INDEX connect_sessions_external_id;
