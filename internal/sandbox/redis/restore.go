package redis

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// restore replaces the data. Clients that watch a key of it see a change.
func (e *engine) restore(encoded []byte) error {
	kept, err := decodeImage(encoded)
	if err != nil {
		return err
	}

	err = e.atomically(func(do runner) error {
		if _, err := do("FLUSHALL"); err != nil {
			return err
		}

		now := time.Now()
		for _, one := range kept.Keys {
			if !one.Expires.IsZero() && !one.Expires.After(now) {
				continue
			}

			if err := one.restore(do, now); err != nil {
				return fmt.Errorf("a %s: %w", one.Type, err)
			}
		}

		return nil
	})
	if err != nil {
		return fmt.Errorf("put the data back: %w", err)
	}
	e.changes.Add(1)

	return nil
}

// batch is how many values one command restores.
const batch = 1 << 14

func (k keyImage) restore(do runner, now time.Time) error {
	var err error
	switch k.Type {
	case "string":
		_, err = do("SET", k.Name, first(k.Values))
	case "hash":
		err = k.inBatches(do, "HSET", k.Values)
	case "list":
		err = k.inBatches(do, "RPUSH", k.Values)
	case "set":
		err = k.inBatches(do, "SADD", k.Values)
	case "zset":
		err = k.inBatches(do, "ZADD", scoresFirst(k.Values))
	case "stream":
		err = k.restoreStream(do)
	}

	for field, expires := range k.Fields {
		if err == nil {
			err = restoreFieldExpiry(do, k.Name, field, expires, now)
		}
	}

	if err == nil && !k.Expires.IsZero() {
		_, err = do("PEXPIRE", k.Name, milliseconds(k.Expires.Sub(now)))
	}

	return err
}

func (k keyImage) inBatches(do runner, command string, values []string) error {
	for some := range slices.Chunk(values, batch) {
		if _, err := do(append([]string{command, k.Name}, some...)...); err != nil {
			return err
		}
	}

	return nil
}

// restoreFieldExpiry restores the expiry of a hash field, and drops a field that has expired.
func restoreFieldExpiry(do runner, name, field string, expires, now time.Time) error {
	if !expires.After(now) {
		_, err := do("HDEL", name, field)
		return err
	}

	value, err := do("HGET", name, field)
	if err != nil {
		return err
	}
	_, err = do("HSETEX", name, "PX", milliseconds(expires.Sub(now)), "FIELDS", "1", field, value.text)

	return err
}

func (k keyImage) restoreStream(do runner) error {
	held := map[string]bool{}
	for _, entry := range k.Entries {
		if _, err := do(append([]string{"XADD", k.Name, entry.ID}, entry.Values...)...); err != nil {
			return err
		}
		held[entry.ID] = true
	}

	if len(k.Entries) == 0 { // an empty stream exists too
		if _, err := do("XGROUP", "CREATE", k.Name, "making", "0", "MKSTREAM"); err != nil {
			return err
		}

		if _, err := do("XGROUP", "DESTROY", k.Name, "making"); err != nil {
			return err
		}
	}

	for _, group := range k.Groups {
		if _, err := do("XGROUP", "CREATE", k.Name, group.Name, group.LastID); err != nil {
			return err
		}

		for _, p := range group.Pending {
			if !held[p.ID] {
				continue
			}

			_, err := do(
				"XCLAIM",
				k.Name,
				group.Name,
				p.Consumer,
				"0",
				p.ID,
				"TIME",
				strconv.FormatInt(p.Delivered.UnixMilli(), 10),
				"RETRYCOUNT",
				strconv.Itoa(p.Count),
				"FORCE",
				"JUSTID",
			)
			if err != nil {
				return err
			}
		}
	}

	return nil
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}

	return values[0]
}

// scoresFirst swaps members and scores, as ZADD requires.
func scoresFirst(pairs []string) []string {
	turned := slices.Clone(pairs)
	for i := 0; i+1 < len(turned); i += 2 {
		turned[i], turned[i+1] = turned[i+1], turned[i]
	}

	return turned
}

// milliseconds returns at least one: zero would mean now.
func milliseconds(left time.Duration) string {
	return strconv.FormatInt(max(1, left.Milliseconds()), 10)
}
