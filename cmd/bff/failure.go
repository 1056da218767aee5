package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
)

// problemLine is the JSON in which a desktop command reports an error: the API's problem (RFC 9457), without the fields
// that describe an HTTP request.
type problemLine struct {
	Type       string           `json:"type"`
	Title      string           `json:"title"`
	Status     int              `json:"status,omitempty"` // of the API's response; 0 if the API has no such response
	Detail     string           `json:"detail"`
	Code       problem.Code     `json:"code"`
	RetryAfter int              `json:"retry_after_s,omitempty"` // an earlier retry cannot succeed
	Errors     []api.FieldError `json:"errors,omitempty"`
	// IdempotencyKey is the key with which the user can retry a create.
	IdempotencyKey string            `json:"idempotency_key,omitempty"`
	LeftoverKeys   []api.LeftoverKey `json:"leftover_keys,omitempty"`

	exit int
}

// problemOf renders an error as the API does, except that it replaces texts about headers and paths. console is the URL
// at which users delete keys.
func problemOf(err error, flags nativeFlags, console string) problemLine {
	found := problem.Of(err)
	if found == nil && errors.Is(err, context.Canceled) {
		found = problem.New(problem.Interrupted, "The command was interrupted.")
	}

	if found == nil {
		found = problem.New(problem.Internal, err.Error())
	}

	described := api.ProblemOf(found, console)

	p := problemLine{
		Type:         described.Type,
		Title:        described.Title,
		Status:       described.Status,
		Detail:       described.Detail,
		Code:         described.Code,
		RetryAfter:   wholeSeconds(found.RetryAfter),
		LeftoverKeys: described.LeftoverKeys,
		exit:         found.ExitCode(),
	}

	p.Errors = described.Errors
	for n, field := range found.Fields {
		p.Errors[n].Detail = field.Detail() // without the call that lists the valid values
	}

	if detail := desktopDetail(err, found, flags); detail != "" {
		p.Detail = detail
	}

	return p
}

// desktopDetail returns the detail for a command line; empty if the problem's own detail fits.
func desktopDetail(err error, found *problem.Error, flags nativeFlags) string {
	if blocked, ok := errors.AsType[*egress.ProxyError](err); ok { // the API does not reveal the proxy's name
		return problem.Sentence(blocked.Error()) + " Nothing was sent. HTTPS_PROXY, ALL_PROXY and NO_PROXY " +
			"select the proxy; bff config prints them."
	}

	switch found.Code {
	case problem.Internal: // the user can read the cause
		return err.Error()
	case problem.StorageUnavailable:
		return "Cannot use the state directory: " + err.Error()
	case problem.ConnectRequired:
		return "No account is connected here. Run " + flags.command("connect") + "."
	case problem.NotConnected: // a key is saved; else the code is connect_required
		return "A key is saved, but the state directory lost the record of its account. Run " +
			flags.command("connect") + "; it reuses the key if it works."
	case problem.ReconnectRequired:
		return "Upstash no longer accepts the saved key. Run " + flags.command("connect") + " again."
	case problem.DatabaseNotFound:
		return "Database not found in this account. " + flags.command("databases list") + " lists all."
	case problem.IdempotencyKeyInvalid:
		return "An --idempotency-key must be 1 to 255 visible characters without comma, quote or backslash."
	case problem.IdempotencyKeyReused:
		return "This --idempotency-key was used with other values. Use a new one for another database."
	case problem.KeyringUnavailable:
		return found.Detail + " " + problem.Sentence(causeOf(err, found))
	case problem.PortInUse:
		return "Another program uses the port on 127.0.0.1 or [::1] (" + err.Error() + "). " + found.Detail
	case problem.OtherUpstash:
		return found.Detail + " Run " + flags.command("disconnect") + " first."
	case problem.EntryMissing:
		return found.Detail + " If it is lost, " + flags.command("connect") + " --replace creates a new key and lists the old one; " +
			flags.command("disconnect") + " --lost only lists it and deletes it here."
	}

	return ""
}

// causeOf returns the text of an error without that of its problem, which is printed as the title.
func causeOf(err error, found *problem.Error) string {
	return strings.TrimPrefix(err.Error(), found.Error()+": ")
}

func wholeSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// failure ends a command with a problem, printed as text or as one line of JSON.
type failure struct {
	problem  problemLine
	json     bool // print JSON on standard error
	reported bool // the command has printed it already
	cause    error
}

// usageError means that a command line is invalid.
type usageError = terminal.UsageError

// fail returns err as a failure, unless it is about the command line. It needs no console URL, because only a connect
// reports leftover keys.
func fail(err error, flags nativeFlags) error {
	var (
		failed *failure
		usage  usageError
	)
	if err == nil || errors.As(err, &failed) || errors.As(err, &usage) {
		return err
	}

	return &failure{problem: problemOf(err, flags, ""), json: flags.json, cause: err}
}

func (f *failure) Error() string { return f.problem.words() }
func (f *failure) Unwrap() error { return f.cause }

// words returns the problem as text that cannot control a terminal.
func (p problemLine) words() string {
	var text strings.Builder

	lines := slices.Compact(strings.Split(p.Detail, "\n")) // configuration errors have one line each
	for i, line := range lines {
		lines[i] = terminal.Sanitize(line)
	}

	if p.Code != problem.Configuration && !strings.EqualFold(strings.TrimSuffix(lines[0], ":"), p.Title) { // do not print it twice
		text.WriteString(terminal.Sanitize(p.Title) + ": ")
	}
	text.WriteString(strings.Join(lines, "\n"))

	if p.RetryAfter > 0 {
		_, _ = fmt.Fprintf(&text, " (retry after %s)", time.Duration(p.RetryAfter)*time.Second)
	}

	for _, fault := range p.Errors {
		_, _ = fmt.Fprintf(&text, "\n  %s: %s", terminal.Sanitize(fault.Pointer), terminal.Sanitize(fault.Detail))
	}

	for _, key := range p.LeftoverKeys {
		text.WriteString("\n  " + leftoverWords(key))
	}

	return text.String()
}

// leftoverWords describes a key that only its owner can delete.
func leftoverWords(key api.LeftoverKey) string {
	what := "is no longer used"
	if key.State == "uncertain" {
		what = "may exist"
	}

	return fmt.Sprintf("%s %s: delete it at %s", terminal.Sanitize(key.Name), what, key.ConsoleURL)
}

// report prints the error that ended a command, and returns the exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	var failed *failure

	switch {
	case !errors.As(err, &failed):
		_ = terminal.Print(stderr, "bff: "+terminal.SanitizeLines(err.Error()))
		return exitCode(err)
	case failed.reported:
	case failed.json:
		_ = terminal.WriteJSON(stderr, failed.problem)
	default:
		_ = terminal.Print(stderr, "bff: "+failed.Error())
	}

	return failed.problem.exit
}

// exitCode returns the exit code of an error that is no failure. Invalid settings have that of an invalid command line.
func exitCode(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return problem.ExitUsage
	}

	if found := problem.Of(err); found != nil && found.Code == problem.Configuration {
		return problem.ExitUsage
	}

	return problem.ExitFailed
}
