-- +goose Up
-- A claim first forgets what has expired of its account. It must not look through all that the account made today.
CREATE INDEX creates_expiry ON creates (connection_id, expires_at);
DROP INDEX creates_connection_id;

-- +goose Down
CREATE INDEX creates_connection_id ON creates (connection_id);
DROP INDEX creates_expiry;
