package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/cli/browser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/desktop"
)

type connectFlags struct {
	nativeFlags
	noBrowser  bool
	upstashCLI bool
	replace    bool
	port       int
	timeout    time.Duration
}

func (p program) connect() *cobra.Command {
	var flags connectFlags
	command := &cobra.Command{
		Use:   "connect",
		Short: "Connect an Upstash account on this machine: log in in the browser, save a key",
		Long: `Connect an Upstash account on this machine. The system's browser opens Upstash's login, which comes back to a listener
on this machine's loopback that is closed after one answer. The access token is checked, a developer key is made unless a working one
is saved here already, and saved in the system's keyring, or in a file that only you can read where there is no keyring. The tokens
are dropped.

When the browser is on another machine (over ssh, or outside of a container), the address that it comes back to cannot be opened
there. On a terminal, paste that address where bff waits: it is checked as if the browser had come back. Or forward the port:
ssh -L 3000:localhost:3000. With --json, or without a terminal, the listener alone is waited for.

The client id is BFF_NATIVE_CLIENT_ID, which Upstash gave you; with --sandbox, none is needed.

With --json each event is one line of JSON on standard output: browser (with url), waiting, and then connected or failed (with a
problem object). Interrupt it to give up: nothing is left behind, but a key that is being made is saved first.

Exit codes:
    0  connected
    1  failed: the problem says why
    2  the command line or the configuration cannot be taken
    4  a key was asked for and the answer was lost: run it again, which settles it
   10  the login was denied
   11  only answers to another login came, until the time was over
   12  the port is in use
   13  the identity provider failed, or its token cannot be accepted
   14  the login carries no e-mail that can be used
   15  the account holds as many keys as Upstash allows
   16  nobody logged in in time
   17  another account is saved here, or what opens its key was not found: --replace puts this one in its place
  130  interrupted`,
		Example: `  bff connect
  bff connect --sandbox                # with bff sandbox in another terminal
  bff connect --upstash-cli            # and log the official Upstash CLI in
  bff connect --no-browser --json | jq -r 'select(.event == "browser").url'`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			flags.pickPort(command.Flags())

			said := &teller{program: p, flags: flags.nativeFlags}

			return said.ended(p.runConnect(byUser(command.Context()), flags, said))
		},
	}
	flags.add(command)
	set := command.Flags()
	set.BoolVar(&flags.noBrowser, "no-browser", false, "open no browser: log in at the address that is printed")
	set.BoolVar(&flags.upstashCLI, "upstash-cli", false, "also save the login where the official Upstash CLI reads it")
	set.BoolVar(&flags.replace, "replace", false,
		"put this account in the place of another that is saved, or whose key opens no more")
	set.IntVar(
		&flags.port,
		"redirect-port",
		3000,
		"port of the redirect http://localhost:PORT; 0 picks a free one, for a provider that allows any, as the sandbox does",
	)
	set.DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait for the login")

	return command
}

// pickPort has a free one picked for a login at a sandbox, whose client allows any: at 3000 many people develop.
func (f *connectFlags) pickPort(set *pflag.FlagSet) {
	if f.sandbox && !set.Changed("redirect-port") {
		f.port = 0
	}
}

func (f connectFlags) check() error {
	switch {
	case f.port < 0 || f.port > 65535:
		return errors.New("--redirect-port is a port: 0 to 65535")
	case f.timeout <= 0 || f.timeout > time.Hour:
		return errors.New("--timeout is more than 0s and at most 1h")
	}

	return nil
}

func (p program) runConnect(ctx context.Context, flags connectFlags, said *teller) (err error) {
	if err := flags.check(); err != nil {
		return &config.FaultsError{Faults: []string{err.Error()}}
	}

	settings, err := desktop.ReadSettings(ctx, p.desktop(flags.nativeFlags))
	if err != nil {
		return err
	}
	said.console = settings.Config.ConsoleURL

	begun, err := settings.BeginConnect(ctx, desktop.ConnectOptions{
		Replace: flags.replace, UpstashCLI: flags.upstashCLI, Port: flags.port, Patience: flags.timeout,
		Browser: func(address, redirect string) { p.openBrowser(address, redirect, flags, said) },
		Pasted:  flags.pasted(p.stdin), PasteRefused: said.step,
		LoggedIn: func() { said.step("Logged in. Checking the token and looking for a working key.") },
		Words:    func(err error) string { return connectProblem(err, flags.nativeFlags, said.console).Detail },
	})
	if err != nil {
		return err
	}

	done, err := begun.Login(ctx)
	if err := errors.Join(err, begun.Close()); err != nil {
		return err
	}

	return said.connected(done)
}

// pasted is where a person may paste the address at which the browser ended. A program that reads events has the
// terminal for itself.
func (f connectFlags) pasted(stdin io.Reader) io.Reader {
	if f.json {
		return nil
	}

	return stdin
}

func (p program) openBrowser(address, redirect string, flags connectFlags, said *teller) {
	opens := !flags.noBrowser && desktop.HasBrowser(p.environ)
	said.browser(address, opens)

	if opens {
		browser.Stdout, browser.Stderr = io.Discard, io.Discard // what it starts must not write among our events
		// Some browsers stay in the foreground until they are closed.
		go func() {
			if browser.OpenURL(address) != nil {
				said.step("No browser could be opened here. Open the address yourself.")
			}
		}()
	}

	if flags.pasted(p.stdin) != nil {
		said.step("A browser on another machine (over ssh, outside of a container) ends at an address that it cannot open,\n" +
			"which begins with " + redirect + "/? Copy that address whole, paste it here, and press Enter.\n")
	}
	said.waiting(time.Now().Add(flags.timeout))
}
