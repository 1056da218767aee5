package main

import (
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/problem"
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
	SavedIn      string            `json:"saved_in"`             // keyring or file
	NoKeyring    string            `json:"no_keyring,omitempty"` // why the file, although a keyring was wanted
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
		_ = terminal.Say(t.stderr, text)
	}
}

func (t teller) browser(address string, opening bool) {
	if t.flags.json {
		_ = terminal.WriteJSON(t.stdout, browserEvent{"browser", address})
		return
	}

	words := "Log in at this address:"
	if opening {
		words = "Opening your browser. If it does not open, log in at this address:"
	}
	t.step(words + "\n\n  " + terminal.Plain(address) + "\n")
}

func (t teller) waiting(until time.Time) {
	if t.flags.json {
		_ = terminal.WriteJSON(t.stdout, waitingEvent{"waiting", until.UTC().Truncate(time.Second)})
		return
	}
	t.step("Waiting for the login until " + until.Format("15:04:05") + ". Ctrl-C gives up.")
}

func (t teller) connected(done *desktop.Connected) error {
	described := api.ConnectionOf(done.Connection, t.console)
	if t.flags.json {
		return terminal.WriteJSON(t.stdout, connectedEvent{
			"connected",
			described.Email,
			described.KeyName,
			string(done.SavedIn),
			whyNoKeyring(done.NoKeyring),
			!done.Made,
			described.LeftoverKeys,
			done.CLIFile,
		})
	}

	made := "made now"
	if !done.Made {
		made = "which was here and works"
	}

	if err := terminal.Sayf(t.stdout, "Connected %s.\nThe key is %s, %s. It is saved in %s.",
		terminal.Plain(described.Email), terminal.Plain(described.KeyName), made, done.SavedIn.Words()); err != nil {
		return err
	}

	if why := whyNoKeyring(done.NoKeyring); why != "" {
		if err := terminal.Sayf(t.stdout, "%s", terminal.Plain(why)); err != nil {
			return err
		}
	}

	if done.CLIFile != "" {
		if err := terminal.Sayf(t.stdout, "The Upstash CLI is logged in by %s.", terminal.Plain(done.CLIFile)); err != nil {
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
		_ = terminal.WriteJSON(t.stdout, failedEvent{"failed", p})
	}

	return &failure{problem: p, told: t.flags.json, cause: err}
}

// connectProblem says what an interrupted login leaves behind: nothing.
func connectProblem(err error, flags nativeFlags, console string) problemLine {
	p := problemOf(err, flags, console)
	if p.Code == problem.Interrupted {
		p.Detail = "The login was given up. Nothing was saved."
	}

	return p
}

// whyNoKeyring is the reason for which the file has the key although a keyring was wanted; empty for none.
func whyNoKeyring(err error) string {
	if err == nil {
		return ""
	}

	return problem.Sentence(err.Error())
}
