package rest

import (
	"io"
	"net/http"
	"strings"
)

type kind int

const (
	single kind = iota
	pipeline
	transaction
	stream
)

// call is the content of a request. It has one command, except for pipelines and transactions.
type call struct {
	kind     kind
	commands []command
}

func (c call) writes() bool {
	for _, each := range c.commands {
		if !each.reads() {
			return true
		}
	}

	return false
}

// bodyFactor is how many times the limit of one command the body of a pipeline may have: a guess.
const bodyFactor = 8

// drained limits how much of a body that is too large is read, so that its sender receives the error.
const drained = 64 << 20

func (a *api) read(r *http.Request) (call, error) {
	limit := a.maxRequest
	if kind := kindOf(r.URL.EscapedPath()); kind == pipeline || kind == transaction {
		limit *= bodyFactor
	}

	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		return call{}, refusal(err.Error())
	}

	if len(body) > limit {
		more, _ := io.CopyN(io.Discard, r.Body, drained) // its error is the end of the body, as expected
		return call{}, requestTooLarge(limit, max(r.ContentLength, int64(len(body))+more))
	}

	return parse(r.Method, r.URL.EscapedPath(), r.URL.RawQuery, body)
}

func kindOf(escapedPath string) kind {
	switch path := strings.TrimSuffix(escapedPath, "/"); path {
	case "/pipeline":
		return pipeline
	case "/multi-exec":
		return transaction
	default:
		if strings.HasPrefix(path, "/subscribe/") || strings.HasPrefix(path, "/psubscribe/") {
			return stream
		}

		return single
	}
}

// parse reads a request. Its errors are refusals.
func parse(method, escapedPath, rawQuery string, body []byte) (call, error) {
	kind := kindOf(escapedPath)

	if method != http.MethodPost && method != http.MethodPut {
		body = nil
	}
	path := strings.TrimPrefix(strings.TrimSuffix(escapedPath, "/"), "/")

	if kind == pipeline || kind == transaction {
		commands, err := decodeCommands(body)
		return call{kind, commands}, err
	}
	var only command

	var err error
	switch {
	case kind == stream:
		only, err = pathCommand(path, "", nil)
	case path == "":
		only, err = decodeCommand(body)
	default:
		only, err = pathCommand(path, rawQuery, body)
	}

	return call{kind, []command{only}}, err
}
