package rest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// line is a connection to a database for one request.
type line struct {
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
}

// dial opens a line that closes when the request's client disconnects. The caller closes it.
func dial(ctx context.Context, access Access) (l *line, hangUp func(), err error) {
	conn, err := access.Dial()
	if err != nil {
		return nil, nil, fmt.Errorf("dial: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	hangUp = func() {
		stop()
		_ = conn.Close()
	}

	return &line{conn, bufio.NewReader(conn), bufio.NewWriter(conn)}, hangUp, nil
}

func (l *line) send(c command) error {
	var number []byte
	count := func(sign byte, n int) {
		number = append(strconv.AppendInt(append(number[:0], sign), int64(n), 10), "\r\n"...)
		_, _ = l.out.Write(number) // Flush returns any error
	}
	count(typeArray, len(c))

	for _, word := range c {
		count(typeBulk, len(word))
		_, _ = l.out.WriteString(word)
		_, _ = l.out.WriteString("\r\n")
	}

	if err := l.out.Flush(); err != nil {
		return fmt.Errorf("send a command: %w", err)
	}

	return nil
}

func (l *line) do(c command) (reply, error) {
	if err := l.send(c); err != nil {
		return reply{}, err
	}

	answer, err := readReply(l.in)
	if err != nil {
		return reply{}, fmt.Errorf("read a reply: %w", err)
	}

	if answer.kind == typeError {
		answer.text = []byte(asUpstash(c, string(answer.text)))
	}

	return answer, nil
}

// run executes the commands and returns a reply for each. If it returns a refusal, it executed none.
func (a *api) run(ctx context.Context, access Access, c call) ([]reply, error) {
	refusals := make([]error, len(c.commands))
	for i, each := range c.commands {
		refusals[i] = each.check(access.ReadOnly, a.maxRequest)
		if refusals[i] != nil && c.kind != pipeline {
			return nil, refusals[i]
		}
	}

	l, hangUp, err := dial(ctx, access)
	if err != nil {
		return nil, err
	}
	defer hangUp()

	if c.kind == transaction {
		return a.transact(l, c.commands)
	}

	replies := make([]reply, len(c.commands))
	for i, each := range c.commands {
		if refusals[i] != nil {
			replies[i] = failed(refusals[i].Error())
			continue
		}

		if replies[i], err = l.do(each); err != nil {
			return nil, err
		}
		replies[i] = a.bounded(replies[i])
	}

	return replies, nil
}

// transact runs all commands or none. The documentation shows that a discarded transaction returns an error with the
// prefix ERR: that of the first command that could not be queued, not Redis' EXECABORT.
func (a *api) transact(l *line, commands []command) ([]reply, error) {
	if _, err := l.do(command{"MULTI"}); err != nil {
		return nil, err
	}

	for _, each := range commands {
		queued, err := l.do(each)
		if err != nil {
			return nil, err
		}

		if queued.kind == typeError { // closing the line discards the queued commands
			return nil, refusal(queued.text)
		}
	}

	executed, err := l.do(command{"EXEC"})
	if err != nil {
		return nil, err
	}

	if executed.kind == typeError {
		return nil, refusal(executed.text)
	}

	if len(executed.items) != len(commands) {
		return nil, errors.New("a transaction returned another number of replies than it has commands")
	}

	for i, each := range executed.items {
		if each.kind == typeError {
			each.text = []byte(asUpstash(commands[i], string(each.text)))
		}
		executed.items[i] = a.bounded(each)
	}

	return executed.items, nil
}

// bounded applies the limit to a reply too: at Upstash a large read fails as a large write does.
func (a *api) bounded(r reply) reply {
	if size := r.size(); size > int64(a.maxRequest) {
		return failed(string(requestTooLarge(a.maxRequest, size)))
	}

	return r
}
