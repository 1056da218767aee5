package redis

import (
	"fmt"
	"strconv"
	"time"
)

// snapshot returns the current data, encoded.
func (e *engine) snapshot() ([]byte, error) {
	var taken image

	err := e.atomically(func(do runner) error {
		names, err := do("KEYS", "*")
		if err != nil {
			return err
		}

		for _, name := range texts(names) {
			one, kept, err := dumpKey(do, name, time.Now())
			if err != nil {
				return err
			}

			if kept {
				taken.Keys = append(taken.Keys, one)
			}
		}

		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("copy the data: %w", err)
	}

	return taken.encode()
}

// dumpKey copies one key. HyperLogLogs are left out: the engine does not expose them.
func dumpKey(do runner, name string, now time.Time) (one keyImage, kept bool, err error) {
	kind, err := do("TYPE", name)
	if err != nil {
		return one, false, err
	}
	one.Name, one.Type = name, kind.text

	var values value
	switch one.Type {
	case "string":
		if values, err = do("GET", name); err == nil {
			one.Values = []string{values.text}
		}
	case "hash":
		if values, err = do("HGETALL", name); err == nil {
			one.Values = texts(values)
			one.Fields, err = dumpFieldExpiries(do, name, one.Values, now)
		}
	case "list":
		values, err = do("LRANGE", name, "0", "-1")
		one.Values = texts(values)
	case "set":
		values, err = do("SMEMBERS", name)
		one.Values = texts(values)
	case "zset":
		values, err = do("ZRANGE", name, "0", "-1", "WITHSCORES")
		one.Values = texts(values)
	case "stream":
		err = one.dumpStream(do, now)
	default:
		return one, false, nil
	}

	if err != nil {
		return one, false, err
	}

	left, err := do("PTTL", name)
	if ms, ok := left.number(); ok && ms >= 0 {
		one.Expires = now.Add(time.Duration(ms) * time.Millisecond)
	}

	return one, true, err
}

func dumpFieldExpiries(do runner, name string, pairs []string, now time.Time) (map[string]time.Time, error) {
	args := []string{"HPTTL", name, "FIELDS", strconv.Itoa(len(pairs) / 2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		args = append(args, pairs[i])
	}

	reply, err := do(args...)
	if err != nil {
		return nil, err
	}
	var found map[string]time.Time

	for i, one := range reply.items {
		if ms, ok := one.number(); ok && ms >= 0 && 4+i < len(args) {
			if found == nil {
				found = map[string]time.Time{}
			}
			found[args[4+i]] = now.Add(time.Duration(ms) * time.Millisecond)
		}
	}

	return found, nil
}

func (k *keyImage) dumpStream(do runner, now time.Time) error {
	reply, err := do("XRANGE", k.Name, "-", "+")
	if err != nil {
		return err
	}

	for _, one := range reply.items {
		if len(one.items) == 2 {
			k.Entries = append(k.Entries, entryImage{one.items[0].text, texts(one.items[1])})
		}
	}

	reply, err = do("XINFO", "GROUPS", k.Name)
	if err != nil {
		return err
	}

	for _, one := range reply.items {
		described := texts(one)

		var group groupImage
		for i := 0; i+1 < len(described); i += 2 {
			switch described[i] {
			case "name":
				group.Name = described[i+1]
			case "last-delivered-id":
				group.LastID = described[i+1]
			}
		}

		if err := group.dumpPending(do, k.Name, now); err != nil {
			return err
		}
		k.Groups = append(k.Groups, group)
	}

	return nil
}

func (g *groupImage) dumpPending(do runner, stream string, now time.Time) error {
	reply, err := do("XPENDING", stream, g.Name, "-", "+", strconv.Itoa(1<<30))
	if err != nil {
		return err
	}

	for _, one := range reply.items {
		if p := one.items; len(p) == 4 {
			idle, _ := p[2].number()
			count, _ := p[3].number()
			g.Pending = append(
				g.Pending,
				pendingImage{p[0].text, p[1].text, now.Add(-time.Duration(idle) * time.Millisecond), int(count)},
			)
		}
	}

	return nil
}
