package upstash

import (
	"context"
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
)

// Request is one call of an operation of the catalogue. Its path is built from ids that UsableID accepts.
type Request struct {
	Effect       operation.Effect
	Method, Path string
	Query        string // encoded
	Body         any    // encoded as JSON when not nil
	// Redundant is part of the text of a rejection that means that the change is already in effect; empty: none.
	Redundant string
}

// call is the request as the client makes it.
func (r Request) call(credential Credential, kind Operation, one bool) call {
	timeout := ReadTimeout
	if r.Method != http.MethodGet {
		timeout = CreateTimeout
	}

	return call{
		operation: kind, method: r.Method, path: r.Path, query: r.Query, body: r.Body, one: one,
		authorization: basic(credential), account: accountOf(credential), timeout: timeout, limit: maxListBytes,
		redundant: r.Redundant,
	}
}

// kindOf is the metric label of a request for one resource.
func kindOf(effect operation.Effect) Operation {
	switch effect {
	case operation.Create:
		return OperationCreate
	case operation.Change:
		return OperationChange
	case operation.Destroy:
		return OperationDestroy
	case operation.Read, operation.Reveal:
	}

	return OperationRead
}

// Object makes a call whose response is one object, and returns the fields that the object names. id is the resource
// that the response must be about; empty: any, such as a created one, or usage without an id. ErrNotFound when Upstash
// has no such resource. An operation that reveals gets only secrets that programs can use, and at least one.
func (c *Client) Object(
	ctx context.Context, credential Credential, request Request, object *operation.Object, id string,
) (operation.Values, error) {
	var values operation.Values

	made := request.call(credential, kindOf(request.Effect), request.Effect != operation.Create)

	err := c.do(ctx, made, func(a *answer) (err error) {
		if values, err = readObject(a, object); err != nil || object.IDField == "" {
			return err
		}

		// Otherwise another resource's secrets could be returned under this id.
		found := values.ID(object)
		if !UsableID(found) || (id != "" && !strings.EqualFold(found, id)) {
			return errNoID
		}

		if request.Effect == operation.Reveal {
			return checkRevealed(values, object)
		}

		return nil
	})

	if err == nil && id != "" && object.IDField != "" && values.ID(object) != id {
		err = ErrNotFound // two spellings of one id would be two targets of a write
	}

	if err != nil {
		return nil, err
	}

	return values, nil
}

// Objects makes a call whose response is an array. An element without a usable id is left out and counted as
// unreadable: with such elements, "not in the list" no longer proves that a resource does not exist.
func (c *Client) Objects(
	ctx context.Context, credential Credential, request Request, object *operation.Object, ofResource bool,
) (elements []operation.Values, unreadable int, err error) {
	err = c.do(ctx, request.call(credential, OperationList, ofResource), func(a *answer) (err error) {
		elements, unreadable, err = readObjects(a, object)
		return err
	})
	if err != nil {
		return nil, 0, err
	}

	return elements, unreadable, nil
}

// Send makes a call whose response is not needed: Upstash returns "OK", the object, or nothing.
func (c *Client) Send(ctx context.Context, credential Credential, request Request) error {
	return c.do(ctx, request.call(credential, kindOf(request.Effect), true), readNothing)
}

// readNothing checks that the response is empty, or one JSON value.
func readNothing(a *answer) error {
	if _, err := a.nextToken(); err != nil {
		return nil //nolint:nilerr // an empty body; expectEnd reports one that was cut off
	}

	return a.readValue(func() error { return a.skip(1) })
}
