package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/desktop/native"
)

// nativeFlags are those of every command that works on the account connected on this machine.
type nativeFlags struct {
	json      bool
	sandbox   bool
	noKeyring bool
	stateDir  string
}

func (f *nativeFlags) add(command *cobra.Command) {
	set := command.Flags()
	set.BoolVar(&f.json, "json", false, "for programs: JSON on standard output, and a problem object on standard error when it fails")
	set.BoolVar(&f.sandbox, "sandbox", false, "the account of the sandbox that runs on this machine, kept apart from the real one")
	set.BoolVar(&f.noKeyring, "no-keyring", false, "save in a file of mode 0600, even where there is a keyring")
	set.StringVar(&f.stateDir, "state-dir", "", "directory of what is kept on this machine (default: the system's place for it)")
}

// command is a command line to type for the same account, as far as its name and these flags go.
func (f nativeFlags) command(name string) string {
	line := "bff " + name
	if f.sandbox {
		line += " --sandbox"
	}
	if f.noKeyring {
		line += " --no-keyring"
	}
	if f.stateDir != "" {
		line += " --state-dir " + shellWord(f.stateDir)
	}
	return line
}

// shellWord is a word that a shell takes for one.
func shellWord(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// nativeSettings are the settings that these commands read.
func nativeSettings() []string {
	return []string{
		"NATIVE_CLIENT_ID", "AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_SCOPE", "AUTH_EMAIL_CLAIM", "APP_NAME", "UPSTASH_API_URL", "REST_URL",
		"CONSOLE_URL", "MINT_MAX_TOKEN_AGE", "CREATE_SETTLE", "ALLOWED_REGIONS", "ALLOWED_PLANS", "MAX_BUDGET", "MAX_DATABASES", "LIMIT_CREATES",
		"LIMIT_MINTS", "LOG_LEVEL", "LOG_FORMAT",
	}
}

// nativeConfig reads the settings. A sandbox says itself what is its own.
func (p program) nativeConfig(ctx context.Context, flags nativeFlags) (*config.Config, error) {
	c, err := config.LoadOnly(nil, p.environ, nativeSettings()...)
	if err != nil {
		return nil, err
	}
	if faults := broker.KnownPolicy(c); len(faults) > 0 {
		return nil, &config.FaultsError{Faults: faults}
	}
	if !flags.sandbox {
		return c, nil
	}
	found, err := findSandbox(ctx, p.environ)
	if err != nil {
		return nil, err
	}
	c.Sandbox, c.AuthIssuer, c.AuthAudience, c.NativeClientID = true, found.issuer(), "upstash-api", found.NativeClientID
	c.UpstashAPIURL, c.RestURL, c.RedisCAFile, c.ConsoleURL = found.Upstash, found.rest(), found.RedisCAFile, found.console()
	return c, nil
}

// stateDirectory is where everything is kept: $XDG_STATE_HOME/upstash-connect, or what the system has in its place. A sandbox's is in a
// directory of its own: nothing of it can be taken for real, nor overwrite what is.
func (p program) stateDirectory(flags nativeFlags) (string, error) {
	directory := flags.stateDir
	if directory == "" {
		base, err := p.stateHome()
		if err != nil {
			return "", err
		}
		directory = filepath.Join(base, "upstash-connect")
	}
	if flags.sandbox {
		directory = filepath.Join(directory, "sandbox")
	}
	return filepath.Abs(directory)
}

func (p program) stateHome() (string, error) {
	if base := p.environment("XDG_STATE_HOME", ""); filepath.IsAbs(base) { // a relative one is to be ignored, says its specification
		return base, nil
	}
	home := p.environment("HOME", "")
	switch {
	case runtime.GOOS == "windows" && p.environment("LocalAppData", "") != "":
		return p.environment("LocalAppData", ""), nil
	case home == "":
		return "", errors.New("there is no home directory; name a directory with --state-dir")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support"), nil
	}
	return filepath.Join(home, ".local", "state"), nil
}

// nativeStore is where the account's key is saved.
func nativeStore(directory string, flags nativeFlags) *native.Store {
	if flags.noKeyring {
		return native.NewStore(directory, nil)
	}
	return native.NewStore(directory, native.SystemKeyring{StateDir: directory})
}

// upstashCLI is the official Upstash CLI's file.
func (p program) upstashCLI() native.UpstashCLI {
	return native.UpstashCLIFile(p.environment("XDG_CONFIG_HOME", ""), p.environment("HOME", ""))
}

// nativeLogger is silent unless a log was asked for: these commands speak for themselves.
func (p program) nativeLogger(c *config.Config) *slog.Logger {
	for _, entry := range p.environ {
		if strings.HasPrefix(entry, "BFF_LOG_LEVEL=") {
			return c.NewLogger(p.stderr)
		}
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// lockState keeps another bff from changing what is saved meanwhile. The system gives the lock back when the process ends, however
// it ends.
func lockState(ctx context.Context, directory string) (release func(), err error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	lock := flock.New(filepath.Join(directory, "lock"), flock.SetPermissions(0o600))
	held, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	if err != nil || !held {
		return nil, errors.Join(errors.New("another bff is changing what is saved here"), err, lock.Close())
	}
	return func() { _ = lock.Close() }, nil
}
