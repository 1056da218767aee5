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

// call is what a request asks for. It has one command, except for pipelines and transactions.
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

// bodyFactor is by how much the body of a pipeline may exceed the limit of one command: a guess.
const bodyFactor = 8

// drained bounds what is read of a body that is too large, so that its sender gets to hear why.
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
		more, _ := io.CopyN(io.Discard, r.Body, drained) // reaching the end is its error, and the expected one
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
