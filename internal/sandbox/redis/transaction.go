package redis

// transaction is a client's state between MULTI and EXEC, and its watched keys. The engine's own transactions run
// commands while they reply, and check them while they are queued.
type transaction struct {
	open   bool
	broken bool // a command in it was rejected
	queue  []command
	// watched is the engine's state of a client that watches keys.
	watched any
}

func (t *transaction) end() { *t = transaction{} }

// transact runs the transaction commands, or queues a command in a transaction. It returns false for all others.
func (c *connection) transact(asked command) (answer value, ours bool) {
	t := &c.transaction
	switch asked.name {
	case "MULTI":
		if t.open {
			return failure("ERR MULTI calls can not be nested"), true
		}
		t.open = true

		return status("OK"), true
	case "DISCARD":
		if !t.open {
			return failure("ERR DISCARD without MULTI"), true
		}
		t.end()

		return status("OK"), true
	case "EXEC":
		if !t.open {
			return failure("ERR EXEC without MULTI"), true
		}

		return c.exec(), true
	case "WATCH":
		if t.open {
			return failure("ERR WATCH inside MULTI is not allowed"), true
		}

		return c.watch(asked.args), true
	}

	switch {
	case t.open:
		asked.nested = true
		t.queue = append(t.queue, asked)

		return status("QUEUED"), true
	case asked.name == "UNWATCH":
		t.watched = nil
		return status("OK"), true
	}

	return value{}, false
}

func (c *connection) watch(args []string) value {
	if !c.engine.lock.acquire() {
		return failure(textBusy)
	}
	defer c.engine.lock.release()

	return c.engine.dispatch(&c.transaction.watched, args)
}

func (c *connection) exec() value {
	if c.transaction.broken {
		c.transaction.end()
		return failure("EXECABORT Transaction discarded because of previous errors.")
	}
	e := c.engine

	if !e.lock.acquire() {
		return failure(textBusy)
	}
	defer e.releaseLock()

	queue, watched := c.transaction.queue, c.transaction.watched
	c.transaction.end()

	if watched != nil && e.disturbed(&watched) {
		return value{kind: kindNullArray}
	}
	e.lock.scripts = newAllowance()

	defer func() { e.lock.scripts = nil }()

	answers := make([]value, len(queue))

	for i, asked := range queue {
		if asked.name == "UNWATCH" {
			answers[i] = status("OK")
			continue
		}
		answers[i] = e.perform(c, asked)
	}

	return array(answers...)
}

// disturbed reports whether a watched key changed: the engine then rejects even an empty transaction.
func (e *engine) disturbed(watched *any) bool {
	e.dispatch(watched, []string{"MULTI"})
	return e.dispatch(watched, []string{"EXEC"}).null()
}
