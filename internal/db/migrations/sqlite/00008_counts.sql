-- +goose Up
-- How many rows there are of each kind and state, kept by the database itself, so that the metrics need not count a million rows.
CREATE TABLE row_counts (
    kind  TEXT    NOT NULL,
    state TEXT    NOT NULL, -- '' where rows have none
    n     INTEGER NOT NULL,
    PRIMARY KEY (kind, state)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER connections_counted_in AFTER INSERT ON connections
BEGIN
    INSERT INTO row_counts VALUES ('connections', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER connections_counted_out AFTER DELETE ON connections
BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = 'connections' AND state = OLD.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER connections_counted_on AFTER UPDATE OF state ON connections WHEN OLD.state <> NEW.state
BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = 'connections' AND state = OLD.state;
    INSERT INTO row_counts VALUES ('connections', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER mint_intents_counted_in AFTER INSERT ON mint_intents
BEGIN
    INSERT INTO row_counts VALUES ('mint_intents', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER mint_intents_counted_out AFTER DELETE ON mint_intents
BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = 'mint_intents' AND state = OLD.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER mint_intents_counted_on AFTER UPDATE OF state ON mint_intents WHEN OLD.state <> NEW.state
BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = 'mint_intents' AND state = OLD.state;
    INSERT INTO row_counts VALUES ('mint_intents', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sessions_counted_in AFTER INSERT ON sessions
BEGIN
    INSERT INTO row_counts VALUES ('sessions', '', 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sessions_counted_out AFTER DELETE ON sessions
BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = 'sessions';
END;
-- +goose StatementEnd
INSERT INTO row_counts SELECT 'connections', state, count(*) FROM connections GROUP BY state;
INSERT INTO row_counts SELECT 'mint_intents', state, count(*) FROM mint_intents GROUP BY state;
INSERT INTO row_counts SELECT 'sessions', '', count(*) FROM sessions;

-- +goose Down
DROP TRIGGER sessions_counted_out;
DROP TRIGGER sessions_counted_in;
DROP TRIGGER mint_intents_counted_on;
DROP TRIGGER mint_intents_counted_out;
DROP TRIGGER mint_intents_counted_in;
DROP TRIGGER connections_counted_on;
DROP TRIGGER connections_counted_out;
DROP TRIGGER connections_counted_in;
DROP TABLE row_counts;
