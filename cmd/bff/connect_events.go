package main

import (
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/problem"
)

// connectOutput reports the progress of a connect: as text for people, or as JSON events for programs.
type connectOutput struct {
	program
	flags   nativeFlags
	console string // URL at which users delete keys; empty until the settings are read
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
	NoKeyring    string            `json:"no_keyring,omitempty"` // why the key is in a file
	Reused       bool              `json:"reused"`
	LeftoverKeys []api.LeftoverKey `json:"leftover_keys"`
	UpstashCLI   string            `json:"upstash_cli,omitempty"` // the Upstash CLI's file, if it was written
}

type failedEvent struct {
	Event   string      `json:"event"`
	Problem problemLine `json:"problem"`
}

// step reports progress to people; --json ignores it.
func (o connectOutput) step(text string) {
	if !o.flags.json {
		_ = terminal.Print(o.stderr, text)
	}
}

func (o connectOutput) browser(address string, opening bool) {
	if o.flags.json {
		_ = terminal.WriteJSON(o.stdout, browserEvent{"browser", address})
		return
	}

	words := "Log in at this address:"
	if opening {
		words = "Opening your browser. If it does not open, log in at this address:"
	}
	o.step(words + "\n\n  " + terminal.Sanitize(address) + "\n")
}

func (o connectOutput) waiting(until time.Time) {
	if o.flags.json {
		_ = terminal.WriteJSON(o.stdout, waitingEvent{"waiting", until.UTC().Truncate(time.Second)})
		return
	}
	o.step("Waiting for the login until " + until.Format("15:04:05") + ". Press Ctrl-C to cancel.")
}

func (o connectOutput) connected(done *desktop.Connected) error {
	described := api.ConnectionOf(done.Connection, o.console)
	if o.flags.json {
		return terminal.WriteJSON(o.stdout, connectedEvent{
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

	made := "The new key"
	if !done.Made {
		made = "The existing key"
	}

	email, name := terminal.Sanitize(described.Email), terminal.Sanitize(described.KeyName)
	if err := terminal.Printf(o.stdout, "Connected %s.\n%s %s is saved in %s.",
		email, made, name, done.SavedIn.Words()); err != nil {
		return err
	}

	if why := whyNoKeyring(done.NoKeyring); why != "" {
		if err := terminal.Printf(o.stdout, "%s", terminal.Sanitize(why)); err != nil {
			return err
		}
	}

	if done.CLIFile != "" {
		if err := terminal.Printf(o.stdout, "The Upstash CLI is logged in, through %s.", terminal.Sanitize(done.CLIFile)); err != nil {
			return err
		}
	}

	return o.printLeftovers(described.LeftoverKeys)
}

// ended reports an error as the last event and returns a failure with its exit code.
func (o connectOutput) ended(err error) error {
	if err == nil {
		return nil
	}

	p := connectProblem(err, o.flags, o.console)
	if o.flags.json {
		_ = terminal.WriteJSON(o.stdout, failedEvent{"failed", p})
	}

	return &failure{problem: p, reported: o.flags.json, cause: err}
}

// connectProblem is problemOf, with the detail that an interrupted login saved nothing.
func connectProblem(err error, flags nativeFlags, console string) problemLine {
	p := problemOf(err, flags, console)
	if p.Code == problem.Interrupted {
		p.Detail = "The login was cancelled. Nothing was saved."
	}

	return p
}

// whyNoKeyring explains why the key is in a file; empty if no keyring was wanted or it has the key.
func whyNoKeyring(err error) string {
	if err == nil {
		return ""
	}

	return problem.Sentence(err.Error())
}
