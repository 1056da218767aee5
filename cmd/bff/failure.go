package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/native"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// problemLine is how a command for desktops says to a program what went wrong: the API's problem (RFC 9457), less what is of an
// HTTP request.
type problemLine struct {
	Type       string           `json:"type"`
	Title      string           `json:"title"`
	Status     int              `json:"status,omitempty"` // what the API would answer; none where there is no such answer
	Detail     string           `json:"detail"`
	Code       string           `json:"code"`
	RetryAfter int              `json:"retry_after_s,omitempty"` // trying again sooner is of no use
	Errors     []api.FieldFault `json:"errors,omitempty"`
	// IdempotencyKey is the one to learn with what became of a create.
	IdempotencyKey string            `json:"idempotency_key,omitempty"`
	LeftoverKeys   []api.LeftoverKey `json:"leftover_keys,omitempty"`
}

const startSandbox = "Start one with bff sandbox, in another terminal."

// problemOf has the API's code and words, but where those speak of headers and paths, or there are none. Keys that it names are
// to be deleted in the console at that address.
func problemOf(err error, flags nativeFlags, console string) problemLine {
	var (
		settings *config.FaultsError
		missing  *entryMissingError
		silent   *silentSandboxError
	)
	switch {
	case errors.As(err, &settings):
		return ownProblem("configuration", "The configuration has faults", settings.Error())
	case errors.As(err, &silent):
		return ownProblem("no_sandbox", "No sandbox was found", "The one that "+silent.path+" describes does not answer. "+startSandbox)
	case errors.Is(err, errNoSandbox):
		return ownProblem("no_sandbox", "No sandbox was found", startSandbox)
	case errors.Is(err, native.ErrKeyringSilent):
		return ownProblem("keyring_unavailable", "The keyring does not answer", "Nothing was changed. Unlock it and run this again; --no-keyring leaves it alone and uses a file. "+sentence(err.Error()))
	case errors.As(err, &missing):
		return ownProblem("entry_missing", "The saved key was not found",
			sentence(missing.Error())+" "+missing.remedy()+" If it is lost, "+flags.command("connect")+" --replace gives the key up, by name, and makes another; "+flags.command("disconnect")+" --lost only gives it up.")
	case errors.Is(err, context.Canceled):
		return ownProblem("interrupted", "Interrupted", "The command was given up.")
	}
	described, wait := api.ProblemOf(err, console)
	p := problemLine{
		Type: described.Type, Title: described.Title, Status: described.Status, Detail: described.Detail, Code: string(described.Code),
		RetryAfter: wholeSeconds(wait), Errors: described.Errors, LeftoverKeys: described.LeftoverKeys,
	}
	var faults *proxy.FaultsError
	if errors.As(err, &faults) {
		p.Errors = nil
		for _, fault := range faults.Faults {
			p.Errors = append(p.Errors, api.FieldFault{Pointer: fault.Pointer, Detail: fault.Detail})
		}
	}
	switch described.Code {
	case problem.Internal: // here nobody stands between the cause and whoever can mend it
		p.Detail = err.Error()
	case problem.StorageUnavailable:
		p.Detail = "The state directory cannot take this now: " + err.Error()
	case problem.ConnectRequired:
		p.Detail = "No account is connected here. Run " + flags.command("connect") + "."
	case problem.NotConnected: // a key is saved, or it would have been connect_required
		p.Detail = "A key is saved, and what was known of its account is gone from the state directory. Run " + flags.command("connect") + ": if the key works, it is kept."
	case problem.ReconnectRequired:
		p.Detail = "Upstash no longer accepts the saved key. Run " + flags.command("connect") + " again."
	case problem.DatabaseNotFound:
		p.Detail = "The account has no such database. " + flags.command("databases list") + " shows the ids."
	case problem.IdempotencyKeyInvalid:
		p.Detail = "An --idempotency-key is 1 to 255 visible characters without comma, quote or backslash."
	case problem.IdempotencyKeyReused:
		p.Detail = "This --idempotency-key was used with other values. Use a new one for another database."
	case problem.RateLimited:
		if described.Limit == "upstash" {
			p.Detail = "Upstash asks for fewer calls of this account."
		}
	}
	return p
}

func wholeSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// The exit codes that all commands share.
const (
	exitFailed    = 1
	exitUsage     = 2 // flags, arguments and values that cannot be taken
	exitConnect   = 3 // no account is connected here, or it has to be connected again
	exitUncertain = 4 // sent, and it is not known what became of it
)

// exitOf is the exit code of a problem.
func exitOf(p problemLine) int {
	switch p.Code {
	case "configuration":
		return exitUsage
	case "interrupted":
		return exitInterrupted
	}
	switch problem.Code(p.Code) {
	case problem.ValidationFailed, problem.NotAllowed, problem.IdempotencyKeyReused, problem.IdempotencyKeyInvalid:
		return exitUsage
	case problem.ConnectRequired, problem.ReconnectRequired, problem.NotConnected:
		return exitConnect
	case problem.OutcomeUncertain:
		return exitUncertain
	}
	return exitFailed
}

// failure ends a command with a problem: in words, or as one line of JSON.
type failure struct {
	problem problemLine
	exit    int
	json    bool // on standard error, which holds nothing else then
	told    bool // the command has said it already
	cause   error
}

// usageError is a command line that was not understood.
type usageError struct{ error }

// fail is the failure of err. It names no keys, for only a connect meets an account that is full of them.
func fail(err error, flags nativeFlags) error {
	var worded *failure
	if err == nil || errors.As(err, &worded) {
		return err
	}
	p := problemOf(err, flags, "")
	return &failure{problem: p, exit: exitOf(p), json: flags.json, cause: err}
}

func (f *failure) Error() string { return f.problem.words() }
func (f *failure) Unwrap() error { return f.cause }

// words are the problem for people, without anything that could move the cursor of a terminal.
func (p problemLine) words() string {
	var text strings.Builder
	lines := strings.Split(p.Detail, "\n") // of ours; a setting's faults have one each
	for i, line := range lines {
		lines[i] = plain(line)
	}
	if !strings.EqualFold(strings.TrimSuffix(lines[0], ":"), p.Title) { // else it would be said twice
		text.WriteString(plain(p.Title) + ": ")
	}
	text.WriteString(strings.Join(lines, "\n"))
	if p.RetryAfter > 0 {
		_, _ = fmt.Fprintf(&text, " (not before %s)", time.Duration(p.RetryAfter)*time.Second)
	}
	for _, fault := range p.Errors {
		_, _ = fmt.Fprintf(&text, "\n  %s: %s", plain(fault.Pointer), plain(fault.Detail))
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
	return fmt.Sprintf("%s %s: delete it at %s", plain(key.Name), what, key.ConsoleURL)
}

// report says how a command ended and returns its exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	var failed *failure
	var usage usageError
	switch {
	case errors.As(err, &usage):
		_, _ = io.WriteString(stderr, "bff: "+err.Error()+"\n")
		return exitUsage
	case !errors.As(err, &failed):
		_, _ = io.WriteString(stderr, "bff: "+err.Error()+"\n")
		return exitFailed
	case failed.told:
	case failed.json:
		_ = writeJSON(stderr, failed.problem)
	default:
		_, _ = io.WriteString(stderr, "bff: "+failed.Error()+"\n")
	}
	return failed.exit
}
