package store

import (
	"fmt"
	"time"
)

// statements fill the other tables from connections.
func statements(postgres bool) []string {
	s := &sqlText{now: time.Now().UnixMilli(), id: "lower(hex(randomblob(13)))", blob: "randomblob(32)", draw: "abs(random() %% %d)"}
	if postgres {
		s.id, s.blob = "md5(random()::text)", "sha256(random()::text::bytea)"
		s.draw = "floor(random() * %d)::bigint"
	}

	token := "INSERT INTO used_tokens (connection_id, digest, expires_at) SELECT id, " + s.blob + ", " + s.hours(24) +
		" FROM connections"

	return append([]string{
		s.intent("live", "", "true"), s.intent("left_behind", "_OLD", s.drawn(10)+" = 0"), s.session(), token, token,
		event("minted"), event("connected"), event("connected"), event("connected"), s.create(),
	}, counts()...)
}

// counts are the numbers that the product's triggers keep. They are off while a database is filled.
func counts() []string {
	const into = "INSERT INTO row_counts (kind, state, n) SELECT "

	return []string{
		"DELETE FROM row_counts",
		into + "'connections', state, count(*) FROM connections GROUP BY state",
		into + "'mint_intents', state, count(*) FROM mint_intents GROUP BY state",
		into + "'sessions', '', count(*) FROM sessions",
	}
}

type sqlText struct {
	now            int64
	id, blob, draw string
}

func (s *sqlText) drawn(most int) string { return fmt.Sprintf(s.draw, most) }

// hours is a time from an hour from now on.
func (s *sqlText) hours(most int) string {
	return fmt.Sprintf("%d + %s", s.now+3_600_000, s.drawn(most*3_600_000))
}

func (s *sqlText) intent(state, suffix, where string) string {
	return "INSERT INTO mint_intents (id, connection_id, name, state, fence, created_at) SELECT 'int_' || " + s.id +
		", id, key_name || '" + suffix + "', '" + state + "', 1, created_at FROM connections WHERE " + where
}

func (s *sqlText) session() string {
	return fmt.Sprintf("INSERT INTO sessions (token_hash, connection_id, created_at, idle_until, expires_at)"+
		" SELECT %s, id, created_at, %s, %d + %s FROM connections",
		s.blob, s.hours(1), s.now+8*3_600_000, s.drawn(40*3_600_000))
}

func event(action string) string {
	return "INSERT INTO audit_events (at, action, connection_id, detail) SELECT created_at, '" + action +
		"', id, key_name FROM connections"
}

func (s *sqlText) create() string {
	return fmt.Sprintf("INSERT INTO creates (id, connection_id, key_hash, fingerprint, name, primary_region, state,"+
		" database_id, sealed_answer, lease_until, created_at, expires_at) SELECT 'cre_' || %s, id, %s, %s, 'orders',"+
		" 'us-east-1', 'done', %s, sealed_key, 0, %d, %s FROM connections WHERE %s = 0",
		s.id, s.blob, s.blob, s.id, s.now, s.hours(23), s.drawn(4))
}
