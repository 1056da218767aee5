-- +goose Up
-- A connect session may ask its user to select a database. left_at: the browser reported that the page was closed.
ALTER TABLE connect_sessions ADD COLUMN selects TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE connect_sessions ADD COLUMN database_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE connect_sessions ADD COLUMN left_at BIGINT;

-- Created by the service: it counts against the limits of the grant, also if the user selects it later.
ALTER TABLE grant_databases ADD COLUMN created BOOLEAN NOT NULL DEFAULT TRUE;

-- +goose Down
ALTER TABLE grant_databases DROP COLUMN created;
ALTER TABLE connect_sessions DROP COLUMN left_at;
ALTER TABLE connect_sessions DROP COLUMN database_id;
ALTER TABLE connect_sessions DROP COLUMN selects;
