package assistant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
)

// AllowError means that a name in Options.Allow allows nothing. Its text is for the user who wrote the name.
type AllowError struct{ reason string }

func (e *AllowError) Error() string { return e.reason }

// creates allows every operation that creates something. Nothing else can be allowed as a group.
const creates = string(operation.Create)

// permission is what the user allows.
type permission struct {
	creates, reveal bool
	names           []string
}

// parseAllow checks every name, so that a typo does not pass unnoticed.
func parseAllow(names []string, reveal bool, open []*operation.Operation) (permission, error) {
	allowed := permission{reveal: reveal}

	for _, name := range names {
		if name == creates {
			allowed.creates = true
			continue
		}

		if err := checkAllowed(name, open); err != nil {
			return permission{}, err
		}
		allowed.names = append(allowed.names, name)
	}

	return allowed, nil
}

func checkAllowed(name string, open []*operation.Operation) error {
	called, known := operation.Find(name)

	switch {
	case strings.HasSuffix(name, "*"), name == string(operation.Change), name == string(operation.Destroy):
		return &AllowError{fmt.Sprintf(
			"%q allows too much: name each operation that changes or destroys something in full", name,
		)}
	case !known:
		return &AllowError{fmt.Sprintf(
			"unknown operation %q; write %s, or the name of an operation such as vector.create", name, creates,
		)}
	case called.Effect == operation.Reveal:
		return &AllowError{fmt.Sprintf("%s reveals credentials: use --reveal", name)}
	case !slices.Contains(open, called):
		return &AllowError{fmt.Sprintf("%s is not open: add it to BFF_ALLOW_OPERATIONS", name)}
	}

	return nil
}

// permits reports whether an open operation is a tool.
func (p permission) permits(called *operation.Operation) bool {
	switch called.Effect {
	case operation.Read:
		return true
	case operation.Reveal:
		return p.reveal
	case operation.Create:
		return p.creates || slices.Contains(p.names, called.Name)
	case operation.Change, operation.Destroy:
	}

	return slices.Contains(p.names, called.Name)
}

// split divides the open operations into tools and others.
func (p permission) split(open []*operation.Operation) (offered, withheld []*operation.Operation) {
	for _, called := range open {
		if p.permits(called) {
			offered = append(offered, called)
		} else {
			withheld = append(withheld, called)
		}
	}

	return offered, withheld
}

// instructions tell the assistant what exists and is no tool, so that it can tell its user.
func (p permission) instructions(withheld []*operation.Operation) string {
	text := "These tools act on the Upstash account that is connected on this machine. If a result has isError and " +
		"retry_after_s, wait that long before the next attempt. Repeat a write whose outcome is unknown with the same " +
		"idempotency_key."
	if !p.reveal {
		text += " No result contains passwords or tokens."
	}

	var writes, reveals []string

	for _, called := range withheld {
		if called.Effect == operation.Reveal {
			reveals = append(reveals, called.Name)
		} else {
			writes = append(writes, called.Name)
		}
	}

	if len(writes) > 0 {
		text += " The user has not allowed " + strings.Join(writes, ", ") +
			"; bff mcp --allow NAME allows one of them after a restart."
	}

	if len(reveals) > 0 {
		text += " The user has not allowed " + strings.Join(reveals, ", ") + "; bff mcp --reveal allows them."
	}

	return text
}
