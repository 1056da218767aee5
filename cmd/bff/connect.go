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
		Short: "Connect an Upstash account on this machine",
		Long: `Opens the Upstash login in your browser and waits for its redirect on a loopback port. It then creates a
developer key, unless a saved one still works, and saves it in the system's keyring. Without a keyring, it
uses a file that only you can read. It discards the login's tokens.

If the browser runs on another machine (ssh, container), the redirect cannot reach this one. Paste the
address at which the browser stops into the terminal, or forward the port: ssh -L 3000:localhost:3000.
With --json, or without a terminal, the command waits for the redirect only.

BFF_NATIVE_CLIENT_ID is the client ID that Upstash gave you; --sandbox needs none.

With --json each event is one line of JSON on standard output: browser (with url), waiting, and then
connected or failed (with a problem object). You can interrupt the command at any time. It then saves
nothing, except a key that is already being created.

Exit codes:
    0  connected
    1  failed: the problem gives the reason
    2  the command line or the configuration is invalid
    4  Upstash's response to a key request was lost: run the command again
   10  the login was denied
   11  only responses to another login arrived before the timeout
   12  the port is in use
   13  the identity provider failed, or its token was rejected
   14  the login has no usable e-mail
   15  the account has the maximum number of keys
   16  nobody logged in before the timeout
   17  another account is saved, or its key cannot be decrypted: use --replace
  130  interrupted`,
		Example: `  bff connect
  bff connect --sandbox                # while bff sandbox runs in another terminal
  bff connect --upstash-cli            # also log in the official Upstash CLI
  bff connect --no-browser --json | jq -r 'select(.event == "browser").url'`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			flags.pickPort(command.Flags())

			output := &connectOutput{program: p, flags: flags.nativeFlags}

			return output.ended(p.runConnect(byUser(command.Context()), flags, output))
		},
	}
	flags.add(command)
	set := command.Flags()
	set.BoolVar(&flags.noBrowser, "no-browser", false, "do not open a browser; print the address of the login")
	set.BoolVar(&flags.upstashCLI, "upstash-cli", false, "also log in the official Upstash CLI")
	set.BoolVar(&flags.replace, "replace", false,
		"replace the saved account, or one whose key can no longer be decrypted")
	set.IntVar(
		&flags.port,
		"redirect-port",
		3000,
		"port of the redirect http://localhost:PORT; 0 uses a free port, if the provider allows any (the sandbox does)",
	)
	set.DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait for the login")

	return command
}

// pickPort chooses a free port for a login at a sandbox, which allows any. Port 3000 is often in use by developers.
func (f *connectFlags) pickPort(set *pflag.FlagSet) {
	if f.sandbox && !set.Changed("redirect-port") {
		f.port = 0
	}
}

func (f connectFlags) check() error {
	switch {
	case f.port < 0 || f.port > 65535:
		return errors.New("--redirect-port must be 0 to 65535")
	case f.timeout <= 0 || f.timeout > time.Hour:
		return errors.New("--timeout must be more than 0s and at most 1h")
	}

	return nil
}

func (p program) runConnect(ctx context.Context, flags connectFlags, output *connectOutput) (err error) {
	if err := flags.check(); err != nil {
		return &config.InvalidError{Errors: []string{err.Error()}}
	}

	settings, err := desktop.ReadSettings(ctx, p.desktop(flags.nativeFlags))
	if err != nil {
		return err
	}
	output.console = settings.Config.ConsoleURL

	connecting, err := settings.BeginConnect(ctx, desktop.ConnectOptions{
		Replace: flags.replace, UpstashCLI: flags.upstashCLI, Port: flags.port, Timeout: flags.timeout,
		Browser: func(address, redirect string) { p.openBrowser(address, redirect, flags, output) },
		Pasted:  flags.pasted(p.stdin), PasteRejected: output.step,
		LoggedIn: func() { output.step("Logged in. Checking the token and the saved key.") },
		Words:    func(err error) string { return connectProblem(err, flags.nativeFlags, output.console).Detail },
	})
	if err != nil {
		return err
	}

	done, err := connecting.Login(ctx)
	if err := errors.Join(err, connecting.Close()); err != nil {
		return err
	}

	return output.connected(done)
}

// pasted returns the input for a pasted redirect. With --json it is nil, because a program uses the terminal.
func (f connectFlags) pasted(stdin io.Reader) io.Reader {
	if f.json {
		return nil
	}

	return stdin
}

func (p program) openBrowser(address, redirect string, flags connectFlags, output *connectOutput) {
	opens := !flags.noBrowser && desktop.HasBrowser(p.environ)
	output.browser(address, opens)

	if opens {
		browser.Stdout, browser.Stderr = io.Discard, io.Discard // the browser must not write between our events
		// Some browsers stay in the foreground until they are closed.
		go func() {
			if browser.OpenURL(address) != nil {
				output.step("Could not open a browser. Open the address yourself.")
			}
		}()
	}

	if flags.pasted(p.stdin) != nil {
		output.step("If your browser runs on another machine (ssh, container), it stops at an address that it cannot open,\n" +
			"which begins with " + redirect + "/? Copy the complete address, paste it here, and press Enter.\n")
	}
	output.waiting(time.Now().Add(flags.timeout))
}
