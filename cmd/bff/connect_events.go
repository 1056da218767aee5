package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/native"
)

// teller says how far a connect has come: to people in words, or to a program as events on standard output.
type teller struct {
	program
	flags   nativeFlags
	console string // where keys are deleted; known once the settings are read
}

type browserEvent struct {
	Event string `json:"event"`
	URL   string `json:"url"`
}

type waitingEvent struct {
	Event string    `json:"event"`
	Until time.Time `json:"until"`
}

type connectedEvent struct {
	Event        string            `json:"event"`
	Email        string            `json:"email"`
	KeyName      string            `json:"key_name"`
	SavedIn      string            `json:"saved_in"` // keyring or file
	Reused       bool              `json:"reused"`
	LeftoverKeys []api.LeftoverKey `json:"leftover_keys"`
	UpstashCLI   string            `json:"upstash_cli,omitempty"` // the file in which the Upstash CLI is logged in
}

type failedEvent struct {
	Event   string      `json:"event"`
	Problem problemLine `json:"problem"`
}

// step is for people alone.
func (t teller) step(text string) {
	if !t.flags.json {
		_, _ = fmt.Fprintln(t.stderr, text)
	}
}

func (t teller) browser(address string, opening bool) {
	if t.flags.json {
		_ = writeJSON(t.stdout, browserEvent{"browser", address})
		return
	}
	words := "Log in at this address:"
	if opening {
		words = "Opening your browser. If it does not open, log in at this address:"
	}
	t.step(words + "\n\n  " + address + "\n")
}

func (t teller) waiting(until time.Time) {
	if t.flags.json {
		_ = writeJSON(t.stdout, waitingEvent{"waiting", until.UTC().Truncate(time.Second)})
		return
	}
	t.step("Waiting for the log-in until " + until.Format("15:04:05") + ". Ctrl-C gives up.")
}

func (t teller) connected(done *connected) error {
	described := api.ConnectionOf(done.connection, t.console)
	if t.flags.json {
		return writeJSON(t.stdout, connectedEvent{
			"connected", described.Email, described.KeyName, string(done.savedIn), !done.made, described.LeftoverKeys, done.cliFile,
		})
	}
	made := "made now"
	if !done.made {
		made = "which was here and works"
	}
	if _, err := fmt.Fprintf(t.stdout, "Connected %s.\nThe key is %s, %s. It is saved in %s.\n",
		plain(described.Email), plain(described.KeyName), made, savedWords(string(done.savedIn))); err != nil {
		return err
	}
	if done.cliFile != "" {
		if _, err := fmt.Fprintf(t.stdout, "The Upstash CLI is logged in by %s.\n", plain(done.cliFile)); err != nil {
			return err
		}
	}
	return t.printLeftovers(described.LeftoverKeys)
}

// ended turns an error into the last event, and into an exit code.
func (t teller) ended(err error) error {
	if err == nil {
		return nil
	}
	p := connectProblem(err, t.flags, t.console)
	if t.flags.json {
		_ = writeJSON(t.stdout, failedEvent{"failed", p})
	}
	return &failure{problem: p, exit: connectExit(err, p), told: t.flags.json, cause: err}
}

// ownProblem is one that the API does not have.
func ownProblem(code, title, detail string) problemLine {
	return problemLine{Type: "urn:upstash-connect:problem:" + code, Title: title, Detail: detail, Code: code}
}

// connectProblem is the one table from what can end a connect to its words.
func connectProblem(err error, flags nativeFlags, console string) problemLine {
	var (
		provider *native.ProviderError
		other    *otherAccountError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return ownProblem("interrupted", "Interrupted", "The log-in was given up. Nothing was saved.")
	case errors.Is(err, native.ErrDenied):
		return ownProblem("login_denied", "The log-in was denied", "You, or Upstash, said no to the log-in. Nothing was saved.")
	case errors.Is(err, native.ErrWrongState):
		return ownProblem("login_wrong_state", "Only answers to another log-in came", "Nothing was done with them and nothing was saved. Log in at the address that bff shows, and not at an older one.")
	case errors.Is(err, native.ErrTimeout):
		return ownProblem("login_timed_out", "Nobody logged in in time", "Nothing was saved. Run it again, with a longer --timeout if you need it.")
	case errors.Is(err, native.ErrPortInUse):
		return ownProblem("port_in_use", "The port is in use", "Another program listens there on 127.0.0.1 or [::1] ("+err.Error()+"). Stop it, or choose another with --redirect-port if your client id allows one.")
	case errors.As(err, &provider):
		return ownProblem("provider_error", "The identity provider failed", "Nothing was saved. "+sentence(provider.Error()))
	case errors.As(err, &other):
		return ownProblem("other_account", "Another account is saved here", sentence(other.Error())+" Nothing was changed. Run it again with --replace to put this account in its place.")
	case errors.Is(err, errOtherUpstash):
		return ownProblem("other_upstash", "The saved key is of another Upstash", "It is good at another BFF_UPSTASH_API_URL than the settings have. Run "+flags.command("disconnect")+" first.")
	}
	return problemOf(err, flags, console)
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if first := text[0]; first >= 'a' && first <= 'z' {
		text = string(first-'a'+'A') + text[1:]
	}
	return text + "."
}

// The exit codes of connect alone.
const (
	exitDenied       = 10
	exitWrongState   = 11
	exitPortInUse    = 12
	exitProvider     = 13
	exitNoEmail      = 14
	exitKeyLimit     = 15
	exitTimedOut     = 16
	exitOtherAccount = 17
	exitInterrupted  = 130 // as shells have it for SIGINT
)

func connectExit(err error, p problemLine) int {
	var (
		full        *keys.KeyLimitError
		unavailable *auth.KeysUnavailableError
	)
	switch p.Code {
	case "configuration", "other_upstash":
		return exitUsage
	case "interrupted":
		return exitInterrupted
	case "login_denied":
		return exitDenied
	case "login_wrong_state":
		return exitWrongState
	case "login_timed_out":
		return exitTimedOut
	case "port_in_use":
		return exitPortInUse
	case "provider_error":
		return exitProvider
	case "other_account", "entry_missing":
		return exitOtherAccount
	}
	switch {
	case errors.Is(err, keys.ErrEmailUnusable):
		return exitNoEmail
	case errors.As(err, &full):
		return exitKeyLimit
	case errors.Is(err, auth.ErrInvalidToken), errors.Is(err, auth.ErrClientNotAllowed), errors.As(err, &unavailable):
		return exitProvider
	}
	return exitOf(p)
}
