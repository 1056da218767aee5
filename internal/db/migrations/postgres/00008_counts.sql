-- +goose Up
-- How many rows there are of each kind and state: the sum of n. Who changes some adds a row with the difference, so that no two
-- writers wait for each other; tidying up folds them. The triggers also count what a server of the version before writes.
CREATE TABLE row_counts (
    kind  TEXT   NOT NULL,
    state TEXT   NOT NULL, -- '' where rows have none
    n     BIGINT NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION count_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts SELECT TG_TABLE_NAME, state, count(*) FROM added GROUP BY state;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION count_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts SELECT TG_TABLE_NAME, state, -count(*) FROM gone GROUP BY state;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION count_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts
    SELECT TG_TABLE_NAME, state, sum(n) FROM (
        SELECT state, 1 AS n FROM added UNION ALL SELECT state, -1 FROM gone
    ) AS moved GROUP BY state HAVING sum(n) <> 0;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION count_sessions_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts SELECT 'sessions', '', count(*) FROM added HAVING count(*) > 0;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION count_sessions_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts SELECT 'sessions', '', -count(*) FROM gone HAVING count(*) > 0;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER connections_counted_in AFTER INSERT ON connections
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_in();
CREATE TRIGGER connections_counted_out AFTER DELETE ON connections
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_out();
CREATE TRIGGER connections_counted_on AFTER UPDATE ON connections
    REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_on();
CREATE TRIGGER mint_intents_counted_in AFTER INSERT ON mint_intents
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_in();
CREATE TRIGGER mint_intents_counted_out AFTER DELETE ON mint_intents
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_out();
CREATE TRIGGER mint_intents_counted_on AFTER UPDATE ON mint_intents
    REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_on();
CREATE TRIGGER sessions_counted_in AFTER INSERT ON sessions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_sessions_in();
CREATE TRIGGER sessions_counted_out AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_sessions_out();
-- From here on the tables take no writes until the commit (SHARE ROW EXCLUSIVE): what is counted now stays so.
INSERT INTO row_counts SELECT 'connections', state, count(*) FROM connections GROUP BY state;
INSERT INTO row_counts SELECT 'mint_intents', state, count(*) FROM mint_intents GROUP BY state;
INSERT INTO row_counts SELECT 'sessions', '', count(*) FROM sessions;

-- +goose Down
DROP TRIGGER sessions_counted_out ON sessions;
DROP TRIGGER sessions_counted_in ON sessions;
DROP TRIGGER mint_intents_counted_on ON mint_intents;
DROP TRIGGER mint_intents_counted_out ON mint_intents;
DROP TRIGGER mint_intents_counted_in ON mint_intents;
DROP TRIGGER connections_counted_on ON connections;
DROP TRIGGER connections_counted_out ON connections;
DROP TRIGGER connections_counted_in ON connections;
DROP FUNCTION count_sessions_out();
DROP FUNCTION count_sessions_in();
DROP FUNCTION count_on();
DROP FUNCTION count_out();
DROP FUNCTION count_in();
DROP TABLE row_counts;
