-- +goose Up
-- How far ahead of now each caller has used each limit up: the theoretical arrival time of the generic cell rate algorithm, in
-- microseconds since 1970. A time that has passed is as good as no row.
CREATE TABLE limits (
    name   TEXT    NOT NULL,
    caller TEXT    NOT NULL, -- opaque (internal/limit)
    tat    BIGINT  NOT NULL,
    PRIMARY KEY (name, caller)
);
CREATE INDEX limits_tat ON limits (tat);

-- +goose Down
DROP TABLE limits;
