-- +goose Up
-- A record belongs to one operation of the catalogue, not only to the create of a database. resource_id is the resource
-- that the call changes, or in which it creates. reserves: the call counts against the limits of its grant.
ALTER TABLE creates ADD COLUMN operation TEXT NOT NULL DEFAULT 'redis.create';
ALTER TABLE creates ADD COLUMN resource_id TEXT NOT NULL DEFAULT '';
ALTER TABLE creates ADD COLUMN reserves INTEGER NOT NULL DEFAULT 1;

-- One call of an operation is open on a target at a time: the outcomes of two could not be told apart.
DROP INDEX creates_one_open_per_name;
CREATE UNIQUE INDEX creates_one_open_per_target ON creates (connection_id, operation, resource_id, name) WHERE state <> 'done';

-- +goose Down
DELETE FROM creates WHERE operation <> 'redis.create';
DROP INDEX creates_one_open_per_target;
CREATE UNIQUE INDEX creates_one_open_per_name ON creates (connection_id, name) WHERE state <> 'done';
ALTER TABLE creates DROP COLUMN reserves;
ALTER TABLE creates DROP COLUMN resource_id;
ALTER TABLE creates DROP COLUMN operation;
