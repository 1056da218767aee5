-- +goose Up
-- What is looked for at each start, in every round of tidying up and by the metrics is found without reading whole tables.
CREATE INDEX connections_connected_at ON connections (connected_at) WHERE sealed_key IS NOT NULL;
CREATE INDEX connections_sealed_by ON connections (substr(sealed_key, 1, 5)) WHERE sealed_key IS NOT NULL;
CREATE INDEX connections_state ON connections (state);
CREATE INDEX mint_intents_state ON mint_intents (state, created_at);
DROP INDEX mint_intents_refused;
CREATE INDEX sessions_idle_until ON sessions (idle_until, expires_at);
CREATE INDEX creates_connection_id ON creates (connection_id);
CREATE INDEX creates_sealed_by ON creates (substr(sealed_answer, 1, 5)) WHERE sealed_answer IS NOT NULL;

-- +goose Down
DROP INDEX creates_sealed_by;
DROP INDEX creates_connection_id;
DROP INDEX sessions_idle_until;
CREATE INDEX mint_intents_refused ON mint_intents (created_at) WHERE state = 'refused';
DROP INDEX mint_intents_state;
DROP INDEX connections_state;
DROP INDEX connections_sealed_by;
DROP INDEX connections_connected_at;
