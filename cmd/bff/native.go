package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/keys"
)

// nativeFlags are the flags of every command that uses the account connected on this machine.
type nativeFlags struct {
	json      bool
	sandbox   bool
	sandboxAt string // its address, port or directory; empty: the sandbox that started last
	noKeyring bool
	stateDir  string
}

func (f *nativeFlags) add(command *cobra.Command) {
	set := command.Flags()
	set.BoolVar(&f.json, "json", false,
		"print JSON; on an error, print a problem object on standard error")
	set.Var(sandboxValue{f}, "sandbox",
		"use the account of a sandbox on this machine: of the one at `[=ADDRESS]` (URL, port or directory), "+
			"or of the one that started last. It is separate from the real account")
	set.Lookup("sandbox").NoOptDefVal = "true"
	set.BoolVar(&f.noKeyring, "no-keyring", false, "use a file that only you can read instead of the keyring")
	set.StringVar(&f.stateDir, "state-dir", "",
		"directory for the saved state (default: the system's state directory)")
}

// command returns a command line with these flags, for the user to type.
func (f nativeFlags) command(name string) string {
	line := "bff " + name
	if f.sandbox {
		line += " --sandbox"
	}

	if f.sandboxAt != "" {
		line += "=" + shellWord(f.sandboxAt)
	}

	if f.noKeyring {
		line += " --no-keyring"
	}

	if f.stateDir != "" {
		line += " --state-dir " + shellWord(f.stateDir)
	}

	return line
}

// sandboxValue is the value of --sandbox[=ADDRESS].
type sandboxValue struct{ flags *nativeFlags }

// String implements pflag.Value.
func (v sandboxValue) String() string {
	if v.flags == nil || !v.flags.sandbox {
		return "false"
	}

	return cmp.Or(v.flags.sandboxAt, "true")
}

// Set implements pflag.Value.
func (v sandboxValue) Set(text string) error {
	v.flags.sandbox, v.flags.sandboxAt = true, ""

	switch text {
	case "true":
	case "false":
		v.flags.sandbox = false
	case "":
		return errors.New("must be an address, a port or a directory")
	default:
		v.flags.sandboxAt = text
	}

	return nil
}

// Type implements pflag.Value. Like a bool, the flag needs no value.
func (sandboxValue) Type() string { return "bool" }

// shellWord quotes text as one word of a shell.
func shellWord(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-:") == "" {
		return text
	}

	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// desktop returns the options that select an account.
func (p program) desktop(flags nativeFlags) desktop.Options {
	return desktop.Options{
		Environ: p.environ, Log: p.stderr, Sandbox: flags.sandbox, SandboxAt: flags.sandboxAt,
		NoKeyring: flags.noKeyring, StateDir: flags.stateDir, Keyring: p.keyring,
	}
}

// byUser records the account's own user as the actor in the audit log: a desktop has no other.
func byUser(ctx context.Context) context.Context {
	return keys.WithActor(ctx, keys.Actor{Kind: keys.ActorUser})
}

// withDesktop runs work with the connected account, and returns errors as failures.
func (p program) withDesktop(
	ctx context.Context, flags nativeFlags, work func(context.Context, *desktop.Desktop) error,
) error {
	return p.withDesktopOpened(ctx, flags, desktop.RequireKey, work)
}

func (p program) withDesktopOpened(
	ctx context.Context, flags nativeFlags, mode desktop.OpenMode, work func(context.Context, *desktop.Desktop) error,
) error {
	return p.withSettings(ctx, flags, func(ctx context.Context, settings *desktop.Settings) error {
		return withOpened(ctx, settings, mode, work)
	})
}

// withSettings runs work with the settings, before anything is opened, and returns errors as failures.
func (p program) withSettings(
	ctx context.Context, flags nativeFlags, work func(context.Context, *desktop.Settings) error,
) error {
	ctx = byUser(ctx)

	settings, err := desktop.ReadSettings(ctx, p.desktop(flags))
	if err != nil {
		return fail(err, flags)
	}

	return fail(work(ctx, settings), flags)
}

// withOpened runs work with the opened state.
func withOpened(
	ctx context.Context, settings *desktop.Settings, mode desktop.OpenMode,
	work func(context.Context, *desktop.Desktop) error,
) error {
	opened, err := settings.Open(ctx, mode)
	if err != nil {
		return err
	}

	return errors.Join(work(ctx, opened), opened.Close())
}
