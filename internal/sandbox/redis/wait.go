package redis

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// waitsForData are the commands that may wait for another client's write.
var waitsForData = setOf(
	"BLMOVE", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "XREAD", "XREADGROUP",
)

// waiter is a command that waits without the lock. Like Redis, we serve waiters in order.
type waiter struct {
	asked    command
	patience time.Duration // 0: no timeout
	never    value         // the reply after the timeout
	answer   chan value    // of size one
}

// waiters are in order of arrival. The holder of the lock may change them.
type waiters struct {
	list []*waiter
	look atomic.Bool // the data changed since they were served
}

// serve retries all waiting commands until nothing changes: one of them may write what another waits for.
func (w *waiters) serve(e *engine) {
	for w.look.Swap(false) {
		for _, one := range slices.Clone(w.list) {
			answer, done := e.once(one.asked.args)
			if !done {
				continue
			}

			w.remove(one)
			one.answer <- e.shaped(one.asked, answer)

			if one.asked.writes() {
				e.changed()
			}
		}
	}
}

// shaped returns the reply to a client that waited, error or not.
func (e *engine) shaped(asked command, answer value) (shown value) {
	defer e.rescue(asked.name, &shown)

	return shape(asked, e.worded(asked, answer))
}

func (w *waiters) remove(gone *waiter) {
	w.list = slices.DeleteFunc(w.list, func(one *waiter) bool { return one == gone })
}

// attempt runs a command that may wait, and adds it to the waiters if there is no data.
func (e *engine) attempt(asked command) (answer value, waits *waiter) {
	defer e.rescue(asked.name, &answer)

	if why := asked.refused(); why != "" {
		return failure(why), nil
	}

	asked, answer, done := e.adapt(asked)
	if done {
		return answer, nil
	}

	if asked.name == "XREAD" {
		asked.args = e.fromNow(asked.args)
	}
	answer, done = e.once(asked.args)

	patience, may := patienceOf(asked)
	if done || !may {
		if done && asked.writes() {
			e.changed()
		}

		return shape(asked, e.worded(asked, answer)), nil
	}
	waiting := &waiter{asked: asked, patience: patience, never: shape(asked, answer), answer: make(chan value, 1)}
	e.waiting.list = append(e.waiting.list, waiting)

	return value{}, waiting
}

// once tries a command that may wait. It runs in a transaction, where the engine never waits. It is not done if there
// was no data.
func (e *engine) once(args []string) (answer value, done bool) {
	var state any
	e.dispatch(&state, []string{"MULTI"})

	if queued := e.dispatch(&state, args); queued.failed() {
		return queued, true
	}

	executed := e.dispatch(&state, []string{"EXEC"})
	if len(executed.items) != 1 {
		return executed, true
	}
	answer = executed.items[0]

	return answer, !answer.null()
}

// wait releases the lock until there is a reply. It returns nothing when the client disconnected or the database was
// closed.
func (e *engine) wait(c *connection, waiting *waiter) value {
	var late <-chan time.Time
	if waiting.patience > 0 {
		timer := time.NewTimer(waiting.patience)
		defer timer.Stop()

		late = timer.C
	}
	answer := value{}

	select {
	case answer := <-waiting.answer:
		return answer
	case <-late:
		answer = waiting.never
	case <-c.left:
		c.peer.Close()
	case <-e.closing:
		c.peer.Close()
	}
	// A waiter may receive its reply at this moment.
	e.lock.acquireAlways()
	defer e.lock.release()

	e.waiting.remove(waiting)

	select {
	case served := <-waiting.answer:
		return served
	default:
		return answer
	}
}

// patienceOf returns how long a well-formed command waits; false if it does not wait.
func patienceOf(asked command) (time.Duration, bool) {
	switch asked.name {
	case "XREAD", "XREADGROUP":
		for i, word := range asked.args {
			switch {
			case strings.EqualFold(word, "STREAMS"):
				return 0, false
			case strings.EqualFold(word, "BLOCK") && i+1 < len(asked.args):
				milliseconds, err := strconv.Atoi(asked.args[i+1])
				return time.Duration(milliseconds) * time.Millisecond, err == nil
			}
		}

		return 0, false
	case "BZMPOP":
		return seconds(asked.args[1])
	default:
		return seconds(asked.args[len(asked.args)-1])
	}
}

// longest exceeds any client's stay, and fits in a Duration.
const longest = 1 << 31 // seconds

func seconds(text string) (time.Duration, bool) {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}

	if number <= 0 {
		return 0, true
	}

	return max(1, time.Duration(min(number, longest)*float64(time.Second))), true
}

// fromNow replaces $ with the last entry's id: only later entries match.
func (e *engine) fromNow(args []string) []string {
	at := slices.IndexFunc(args, func(word string) bool { return strings.EqualFold(word, "STREAMS") })
	if at < 0 || (len(args)-at-1)%2 != 0 {
		return args
	}
	args = slices.Clone(args)

	streams := (len(args) - at - 1) / 2
	for i := at + 1 + streams; i < len(args); i++ {
		if args[i] == "$" {
			args[i] = e.lastID(args[i-streams])
		}
	}

	return args
}

func (e *engine) lastID(stream string) string {
	described := e.dispatch(nil, []string{"XINFO", "STREAM", stream})
	for i := 0; i+1 < len(described.items); i += 2 {
		if described.items[i].text == "last-generated-id" {
			return described.items[i+1].text
		}
	}

	return "0-0"
}
