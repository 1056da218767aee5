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

// problemLine is how a command for desktops says to a program what went wrong: the API's problem (RFC 9457), less what
// is of an HTTP request.
type problemLine struct {
	Type       string           `json:"type"`
	Title      string           `json:"title"`
	Status     int              `json:"status,omitempty"` // what the API would answer; none where there is no such answer
	Detail     string           `json:"detail"`
	Code       problem.Code     `json:"code"`
	RetryAfter int              `json:"retry_after_s,omitempty"` // trying again sooner is of no use
	Errors     []api.FieldError `json:"errors,omitempty"`
	// IdempotencyKey is the one to learn with what became of a create.
	IdempotencyKey string            `json:"idempotency_key,omitempty"`
	LeftoverKeys   []api.LeftoverKey `json:"leftover_keys,omitempty"`

	exit int
}

// problemOf renders an error as the API would, except where its words speak of headers and paths, or where a desktop
// knows more. Keys that it names are deleted in the console at that address.
func problemOf(err error, flags nativeFlags, console string) problemLine {
	found := problem.Of(err)
	if found == nil && errors.Is(err, context.Canceled) {
		found = problem.New(problem.Interrupted, "The command was cancelled.")
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
	for _, field := range found.Fields {
		p.Errors = append(p.Errors, api.FieldError{Pointer: field.Pointer, Detail: field.Detail})
	}

	if detail := desktopDetail(err, found, flags); detail != "" {
		p.Detail = detail
	}

	return p
}

// desktopDetail words a problem for the user of a command line; empty where the problem's own detail fits.
func desktopDetail(err error, found *problem.Error, flags nativeFlags) string {
	if blocked, ok := errors.AsType[*egress.ProxyError](err); ok { // callers of the API are not told its name
		return problem.Sentence(blocked.Error()) + " Nothing was sent through it: HTTPS_PROXY, ALL_PROXY and NO_PROXY " +
			"name it, and bff config shows them."
	}

	switch found.Code {
	case problem.Internal: // here nobody stands between the cause and whoever can correct it
		return err.Error()
	case problem.StorageUnavailable:
		return "The state directory cannot take this now: " + err.Error()
	case problem.ConnectRequired:
		return "No account is connected here. Run " + flags.command("connect") + "."
	case problem.NotConnected: // a key is saved, or it would have been connect_required
		return "A key is saved, and what was known of its account is gone from the state directory. Run " +
			flags.command("connect") + ": if the key works, it is kept."
	case problem.ReconnectRequired:
		return "Upstash no longer accepts the saved key. Run " + flags.command("connect") + " again."
	case problem.DatabaseNotFound:
		return "Database not found in this account. " + flags.command("databases list") + " shows all."
	case problem.IdempotencyKeyInvalid:
		return "An --idempotency-key is 1 to 255 visible characters without comma, quote or backslash."
	case problem.IdempotencyKeyReused:
		return "This --idempotency-key was used with other values. Use a new one for another database."
	case problem.KeyringUnavailable:
		return found.Detail + " " + problem.Sentence(beyond(err, found))
	case problem.PortInUse:
		return "Another program listens there on 127.0.0.1 or [::1] (" + err.Error() + "). " + found.Detail
	case problem.OtherUpstash:
		return found.Detail + " Run " + flags.command("disconnect") + " first."
	case problem.EntryMissing:
		return found.Detail + " If it is lost, " + flags.command(
			"connect",
		) + " --replace gives the key up, by name, and makes " +
			"another; " + flags.command(
			"disconnect",
		) + " --lost only gives it up."
	}

	return ""
}

// beyond is the text of an error without what its problem says of itself: that is said as the title.
func beyond(err error, found *problem.Error) string {
	return strings.TrimPrefix(err.Error(), found.Error()+": ")
}

func wholeSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// failure ends a command with a problem: in words, or as one line of JSON.
type failure struct {
	problem problemLine
	json    bool // on standard error, which holds nothing else then
	told    bool // the command has said it already
	cause   error
}

// usageError is a command line that was not understood.
type usageError = terminal.UsageError

// fail is the failure of err. It names no keys, for only a connect meets an account that is full of them.
func fail(err error, flags nativeFlags) error {
	var worded *failure
	if err == nil || errors.As(err, &worded) {
		return err
	}

	return &failure{problem: problemOf(err, flags, ""), json: flags.json, cause: err}
}

func (f *failure) Error() string { return f.problem.words() }
func (f *failure) Unwrap() error { return f.cause }

// words are the problem for people, without anything that could move the cursor of a terminal.
func (p problemLine) words() string {
	var text strings.Builder

	lines := slices.Compact(strings.Split(p.Detail, "\n")) // of ours; a setting's faults have one each
	for i, line := range lines {
		lines[i] = terminal.Plain(line)
	}

	if !strings.EqualFold(strings.TrimSuffix(lines[0], ":"), p.Title) { // else it would be said twice
		text.WriteString(terminal.Plain(p.Title) + ": ")
	}
	text.WriteString(strings.Join(lines, "\n"))

	if p.RetryAfter > 0 {
		_, _ = fmt.Fprintf(&text, " (not before %s)", time.Duration(p.RetryAfter)*time.Second)
	}

	for _, fault := range p.Errors {
		_, _ = fmt.Fprintf(&text, "\n  %s: %s", terminal.Plain(fault.Pointer), terminal.Plain(fault.Detail))
	}

	for _, key := range p.LeftoverKeys {
		text.WriteString("\n  " + leftoverWords(key))
	}

	return text.String()
}

// leftoverWords names a key that only its owner can delete.
func leftoverWords(key api.LeftoverKey) string {
	what := "is no longer used"
	if key.State == "uncertain" {
		what = "may exist"
	}

	return fmt.Sprintf("%s %s: delete it at %s", terminal.Plain(key.Name), what, key.ConsoleURL)
}

// report says how a command ended and returns its exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	var failed *failure

	switch {
	case !errors.As(err, &failed):
		_ = terminal.Say(stderr, "bff: "+terminal.PlainLines(err.Error()))
		return exitCode(err)
	case failed.told:
	case failed.json:
		_ = terminal.WriteJSON(stderr, failed.problem)
	default:
		_ = terminal.Say(stderr, "bff: "+failed.Error())
	}

	return failed.problem.exit
}

// exitCode is that of an error that no command has worded: settings are at fault as a command line is.
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
