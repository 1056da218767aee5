-- +goose Up
-- Which server holds a create's lease; '' where that is not known. A lease ends with its server: a row of servers that is
-- not renewed belongs to one that is gone.
ALTER TABLE creates ADD COLUMN lease_holder TEXT COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE creates DROP COLUMN lease_holder;
