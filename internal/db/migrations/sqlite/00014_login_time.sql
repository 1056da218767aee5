-- +goose Up
-- When the user of a session logged in at the issuer. 0: unknown, as for sessions of older versions; never recent.
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sessions DROP COLUMN authenticated_at;
