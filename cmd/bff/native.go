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

// nativeFlags are those of every command that works on the account connected on this machine.
type nativeFlags struct {
	json      bool
	sandbox   bool
	sandboxAt string // which; empty: the one that started last
	noKeyring bool
	stateDir  string
}

func (f *nativeFlags) add(command *cobra.Command) {
	set := command.Flags()
	set.BoolVar(&f.json, "json", false,
		"for programs: JSON on standard output, and a problem object on standard error when it fails")
	set.Var(sandboxValue{f}, "sandbox",
		"the account of a sandbox on this machine, kept apart from the real one: of the one with this `[=ADDRESS]` "+
			"(URL, port or directory), or else of the one that started last")
	set.Lookup("sandbox").NoOptDefVal = "true"
	set.BoolVar(&f.noKeyring, "no-keyring", false, "save in a file of mode 0600, even where there is a keyring")
	set.StringVar(&f.stateDir, "state-dir", "",
		"directory of what is kept on this machine (default: the system's place for it)")
}

// command is a command line to type for the same account, as far as its name and these flags go.
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
		return errors.New("an address, a port or a directory expected")
	default:
		v.flags.sandboxAt = text
	}

	return nil
}

// Type implements pflag.Value. The flag is one that needs no value.
func (sandboxValue) Type() string { return "bool" }

// shellWord is a word that a shell takes for one.
func shellWord(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-:") == "" {
		return text
	}

	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// desktop says which account the flags mean.
func (p program) desktop(flags nativeFlags) desktop.Options {
	return desktop.Options{
		Environ: p.environ, Log: p.stderr, Sandbox: flags.sandbox, SandboxAt: flags.sandboxAt,
		NoKeyring: flags.noKeyring, StateDir: flags.stateDir, Keyring: p.keyring,
	}
}

// byUser says in the audit log that the account's own user did it: a desktop has no other.
func byUser(ctx context.Context) context.Context {
	return keys.WithActor(ctx, keys.Actor{Kind: keys.ActorUser})
}

// withDesktop lends the account that is connected here to one command, and words how it ended.
func (p program) withDesktop(
	ctx context.Context, flags nativeFlags, work func(context.Context, *desktop.Desktop) error,
) error {
	return p.withDesktopOpened(ctx, flags, desktop.AsItIs, work)
}

func (p program) withDesktopOpened(
	ctx context.Context, flags nativeFlags, how desktop.Opening, work func(context.Context, *desktop.Desktop) error,
) error {
	ctx = byUser(ctx)

	settings, err := desktop.ReadSettings(ctx, p.desktop(flags))
	if err != nil {
		return fail(err, flags)
	}

	opened, err := settings.Open(ctx, how)
	if err != nil {
		return fail(err, flags)
	}

	err = work(ctx, opened)

	return fail(errors.Join(err, opened.Close()), flags)
}
