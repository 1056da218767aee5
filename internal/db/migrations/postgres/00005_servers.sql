-- +goose Up
-- The servers that run, and which sealing keys each has. A row that is not renewed belongs to one that is gone.
CREATE TABLE servers (
    id             TEXT   PRIMARY KEY,
    fingerprint    TEXT   NOT NULL, -- of its keyset: ids alone
    primary_key_id BIGINT NOT NULL,
    seen_at        BIGINT NOT NULL
);

-- Keys of which the keyset's file lets go. A server that was stopped for long may still hold one and be about to seal with
-- it: nobody could ever open that, so the database does not take it.
CREATE TABLE retired_keys (
    prefix BYTEA PRIMARY KEY -- how what the key has sealed begins
);
-- +goose StatementBegin
CREATE FUNCTION retired_key_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed BYTEA;
BEGIN
    IF TG_TABLE_NAME = 'connections' THEN
        sealed := NEW.sealed_key;
    ELSE
        sealed := NEW.sealed_answer;
    END IF;
    IF EXISTS (SELECT 1 FROM retired_keys WHERE prefix = substr(sealed, 1, 5)) THEN
        RAISE EXCEPTION 'sealed by a retired key';
    END IF;
    RETURN NEW;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER connections_retired_key BEFORE UPDATE OF sealed_key ON connections
    FOR EACH ROW WHEN (NEW.sealed_key IS NOT NULL) EXECUTE FUNCTION retired_key_refuse();
CREATE TRIGGER creates_retired_key BEFORE UPDATE OF sealed_answer ON creates
    FOR EACH ROW WHEN (NEW.sealed_answer IS NOT NULL) EXECUTE FUNCTION retired_key_refuse();
ALTER TABLE connections ENABLE ALWAYS TRIGGER connections_retired_key;
ALTER TABLE creates ENABLE ALWAYS TRIGGER creates_retired_key;

-- +goose Down
DROP TRIGGER creates_retired_key ON creates;
DROP TRIGGER connections_retired_key ON connections;
DROP FUNCTION retired_key_refuse();
DROP TABLE retired_keys;
DROP TABLE servers;
