-- +goose Up
-- The servers that run, and which sealing keys each has. A row that is not renewed belongs to one that is gone.
CREATE TABLE servers (
    id             TEXT    PRIMARY KEY,
    fingerprint    TEXT    NOT NULL, -- of its keyset: ids alone
    primary_key_id INTEGER NOT NULL,
    seen_at        INTEGER NOT NULL
) STRICT;

-- Keys of which the keyset's file lets go. A server that was stopped for long may still hold one and be about to seal with
-- it: nobody could ever open that, so the database does not take it.
CREATE TABLE retired_keys (
    prefix BLOB PRIMARY KEY -- how what the key has sealed begins
) STRICT, WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER connections_retired_key BEFORE UPDATE OF sealed_key ON connections
    WHEN EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(NEW.sealed_key, 1, 5))
BEGIN
    SELECT RAISE(ABORT, 'sealed by a retired key');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER creates_retired_key BEFORE UPDATE OF sealed_answer ON creates
    WHEN EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(NEW.sealed_answer, 1, 5))
BEGIN
    SELECT RAISE(ABORT, 'sealed by a retired key');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER creates_retired_key;
DROP TRIGGER connections_retired_key;
DROP TABLE retired_keys;
DROP TABLE servers;
