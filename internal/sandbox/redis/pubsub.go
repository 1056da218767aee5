package redis

import (
	"slices"
	"strings"
	"sync"
)

// audience are the subscribers of a database.
type audience struct {
	mutex     sync.Mutex
	listeners []*connection
}

// subscriptions are a connection's subscriptions, in order. The audience guards them.
type subscriptions struct {
	channels, patterns names
}

func (s *subscriptions) count() int { return s.channels.len() + s.patterns.len() }

func push(items ...value) value { return value{kind: kindPush, items: items} }

// change runs SUBSCRIBE and its relatives, which return a reply for each name.
func (a *audience) change(c *connection, asked command) value {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	list := &c.subscribed.channels

	if strings.HasPrefix(asked.name, "P") {
		list = &c.subscribed.patterns
	}
	asks, leaves := asked.args[1:], strings.Contains(asked.name, "UNSUB")

	if leaves && len(asks) == 0 {
		asks = slices.Collect(list.all())
	}
	word := strings.ToLower(asked.name)
	answers := []value{}

	for _, name := range asks {
		if leaves {
			list.remove(name)
		} else {
			list.add(name)
		}
		answers = append(answers, push(bulk(word), bulk(name), integerOf(c.subscribed.count())))
	}

	if len(asks) == 0 {
		answers = append(answers, push(bulk(word), value{kind: kindNull}, integerOf(c.subscribed.count())))
	}
	a.listeners = slices.DeleteFunc(a.listeners, func(one *connection) bool { return one == c })

	if c.subscribed.count() > 0 {
		a.listeners = append(a.listeners, c)
	}

	all := value{kind: kindSeveral, items: answers}
	if asked.nested {
		return all
	}
	// Reply now, before anybody publishes.
	c.deliver(all)

	return value{}
}

// leave ends all subscriptions of a connection.
func (a *audience) leave(c *connection) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	c.subscribed = subscriptions{}
	a.listeners = slices.DeleteFunc(a.listeners, func(one *connection) bool { return one == c })
}

// listens reports whether a connection has subscriptions.
func (a *audience) listens(c *connection) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()

	return c.subscribed.count() > 0
}

// publish returns how many subscribers received a message.
func (a *audience) publish(channel, message string) int {
	a.mutex.Lock()
	defer a.mutex.Unlock()

	heard := 0
	for _, listener := range a.listeners {
		if listener.subscribed.channels.has(channel) {
			listener.deliver(push(bulk("message"), bulk(channel), bulk(message)))
			heard++
		}
	}

	for _, listener := range a.listeners {
		for pattern := range listener.subscribed.patterns.all() {
			if matches(pattern, channel) {
				listener.deliver(push(bulk("pmessage"), bulk(pattern), bulk(channel), bulk(message)))
				heard++
			}
		}
	}

	return heard
}

// describe is PUBSUB.
func (a *audience) describe(args []string) value {
	a.mutex.Lock()
	defer a.mutex.Unlock()

	switch strings.ToUpper(args[1]) {
	case "CHANNELS":
		if len(args) > 3 {
			return failure("ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.")
		}

		return bulks(a.channels(append(args, "*")[2])...)
	case "NUMSUB":
		counts := []value{}
		for _, name := range args[2:] {
			counts = append(counts, bulk(name), integerOf(a.count(name)))
		}

		return array(counts...)
	case "NUMPAT":
		patterns := map[string]bool{}
		for _, listener := range a.listeners {
			for pattern := range listener.subscribed.patterns.all() {
				patterns[pattern] = true
			}
		}

		return integerOf(len(patterns))
	default:
		return help("PUBSUB")
	}
}

func (a *audience) channels(pattern string) []string {
	var found names
	for _, listener := range a.listeners {
		for name := range listener.subscribed.channels.all() {
			if !found.has(name) && matches(pattern, name) {
				found.add(name)
			}
		}
	}

	return slices.Collect(found.all())
}

func (a *audience) count(channel string) int {
	found := 0
	for _, listener := range a.listeners {
		if listener.subscribed.channels.has(channel) {
			found++
		}
	}

	return found
}

// matches reports whether a text matches a Redis pattern: *, ?, [abc], [^a-z], and \\ before a literal character.
// https://redis.io/docs/latest/commands/keys/
func matches(pattern, text string) bool {
	star, from := -1, 0
	at, p := 0, 0

	for at < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from, p = p, at, p+1
			continue
		}

		if ok, next := matchesOne(pattern, p, text[at]); ok {
			p, at = next, at+1
			continue
		}

		if star < 0 {
			return false
		}
		from++
		p, at = star+1, from
	}

	return strings.Trim(pattern[p:], "*") == ""
}

// matchesOne compares one byte with the pattern at p, and returns where the pattern continues.
func matchesOne(pattern string, p int, b byte) (ok bool, next int) {
	if p >= len(pattern) {
		return false, p
	}

	switch pattern[p] {
	case '?':
		return true, p + 1
	case '[':
		return matchesClass(pattern, p+1, b)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}

	return pattern[p] == b, p + 1
}

func matchesClass(pattern string, p int, b byte) (ok bool, next int) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	found := false

	for ; p < len(pattern) && pattern[p] != ']'; p++ {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			found = found || pattern[p] == b
		case p+2 < len(pattern) && pattern[p+1] == '-':
			low, high := min(pattern[p], pattern[p+2]), max(pattern[p], pattern[p+2])
			found = found || (low <= b && b <= high)
			p += 2
		default:
			found = found || pattern[p] == b
		}
	}

	return found != not, min(p+1, len(pattern))
}
