-- +goose Up
-- A connect session may ask its user to select a database. left_at: the browser reported that the page was closed.
ALTER TABLE connect_sessions ADD COLUMN selects TEXT NOT NULL DEFAULT '';
ALTER TABLE connect_sessions ADD COLUMN database_id TEXT NOT NULL DEFAULT '';
ALTER TABLE connect_sessions ADD COLUMN left_at INTEGER;

-- +goose Down
ALTER TABLE connect_sessions DROP COLUMN left_at;
ALTER TABLE connect_sessions DROP COLUMN database_id;
ALTER TABLE connect_sessions DROP COLUMN selects;
