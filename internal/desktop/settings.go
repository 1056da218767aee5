// Package desktop is the face of the product for a program on its user's own machine: the server's own custody and
// operations over a directory of this machine, and the login that connects an account to it.
//
// What seals the directory's database is saved where its user's secrets are: in the keyring, or in a file of mode 0600.
package desktop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/desktop/native"
)

// Options say which account of this machine is meant. All may be left out.
type Options struct {
	Environ   []string  // entries NAME=value, as of os.Environ
	Log       io.Writer // where the log goes, if BFF_LOG_LEVEL asks for one
	Sandbox   bool      // the account of the sandbox that runs on this machine, kept apart from the real one
	SandboxAt string    // which sandbox, by its address or its directory; default: the one that started last
	NoKeyring bool      // the file alone, even where there is a keyring
	StateDir  string    // of what is kept here; default: the system's place for it

	// Keyring makes the keyring of a state directory. Default: the system's.
	Keyring func(directory string) native.Keyring

	sandboxPort string // of the sandbox that was found
}

// Settings are those of one run. They are read once: whatever the run does, it does with the same.
type Settings struct {
	Config *config.Config

	options Options
	logger  *slog.Logger
}

// names of the settings that a desktop reads.
func names() []string {
	return []string{
		"NATIVE_CLIENT_ID",
		"AUTH_ISSUER",
		"AUTH_AUDIENCE",
		"AUTH_SCOPE",
		"AUTH_EMAIL_CLAIM",
		"APP_NAME",
		"UPSTASH_API_URL",
		"REST_URL",
		"CONSOLE_URL",
		"MINT_MAX_TOKEN_AGE",
		"CREATE_SETTLE",
		"ALLOWED_REGIONS",
		"ALLOWED_PLANS",
		"MAX_BUDGET",
		"MAX_DATABASES",
		"LIMIT_CREATES",
		"LIMIT_MINTS",
		"LOG_LEVEL",
		"LOG_FORMAT",
	}
}

// ReadSettings reads the settings; a sandbox says itself what is its own. Errors: *config.FaultsError, ErrNoSandbox,
// and a description of a sandbox that is not believed.
func ReadSettings(ctx context.Context, options Options) (*Settings, error) {
	c, err := config.LoadOnly(nil, options.Environ, names()...)
	if err != nil {
		return nil, err
	}

	if faults := broker.KnownPolicy(c); len(faults) > 0 {
		return nil, &config.FaultsError{Faults: faults}
	}

	if options.Sandbox {
		found, err := FindSandbox(ctx, options.Environ, options.SandboxAt)
		if err != nil {
			return nil, err
		}
		found.apply(c)
		options.sandboxPort = portOf(found.App)
	}

	return &Settings{Config: c, options: options, logger: options.newLogger(c)}, nil
}

const usualSandboxPort = "8080"

// StateDirectory is where everything is kept: $XDG_STATE_HOME/upstash-connect, or what the system has in its place. A
// sandbox's is in a directory of its own, by its port unless that is the usual one: nothing of it can be taken for
// real, or for another sandbox's, nor overwrite what is. A *config.FaultsError where the environment names no such
// place.
func (o Options) StateDirectory() (string, error) {
	directory := o.StateDir
	if directory == "" {
		base, err := o.stateHome()
		if err != nil {
			return "", err
		}
		directory = filepath.Join(base, "upstash-connect")
	}

	if o.Sandbox {
		name := "sandbox"
		if o.sandboxPort != "" && o.sandboxPort != usualSandboxPort {
			name += "-" + o.sandboxPort
		}
		directory = filepath.Join(directory, name)
	}

	return filepath.Abs(directory)
}

func (o Options) stateHome() (string, error) {
	// A relative one is to be ignored, says its specification.
	if base := o.environment("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return base, nil
	}

	if base := o.environment("LocalAppData"); runtime.GOOS == "windows" && base != "" {
		return base, nil
	}

	home, err := o.home()
	if err != nil {
		return "", noHome(err, "set it, or name a directory with --state-dir")
	}

	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), nil
	}

	return filepath.Join(home, ".local", "state"), nil
}

// home is the user's home directory. A relative one would be another wherever a command is run.
func (o Options) home() (string, error) {
	switch home := o.environment("HOME"); {
	case home == "":
		return "", errors.New("HOME is not set")
	case !filepath.IsAbs(home):
		return "", fmt.Errorf("HOME is not an absolute path; found %q", home)
	default:
		return home, nil
	}
}

// noHome is a *config.FaultsError that says what to do: services and containers often run without a home directory.
func noHome(err error, remedy string) error {
	return &config.FaultsError{Faults: []string{err.Error() + ": " + remedy}}
}

func (o Options) environment(name string) string { return variable(o.Environ, name) }

// newStore is where the account's key is saved.
func (o Options) newStore(directory string) *native.Store {
	switch {
	case o.NoKeyring:
		return native.NewStore(directory, nil)
	case o.Keyring != nil:
		return native.NewStore(directory, o.Keyring(directory))
	}

	return native.NewStore(
		directory, native.SystemKeyring{StateDir: directory, CanPrompt: CanPrompt(o.Environ)},
	)
}

// upstashCLI is the official Upstash CLI's file; the error is noHome's.
func (o Options) upstashCLI() (native.UpstashCLI, error) {
	base := o.environment("XDG_CONFIG_HOME")
	if filepath.IsAbs(base) {
		return native.UpstashCLIFile(base, ""), nil
	}

	home, err := o.home()
	if err != nil {
		return native.UpstashCLI{}, noHome(err, "set it, or XDG_CONFIG_HOME, where the Upstash CLI reads its login")
	}

	return native.UpstashCLIFile("", home), nil
}

// newLogger is silent unless a log was asked for: these commands speak for themselves.
func (o Options) newLogger(c *config.Config) *slog.Logger {
	for _, entry := range o.Environ {
		if strings.HasPrefix(entry, "BFF_LOG_LEVEL=") && o.Log != nil {
			return c.NewLogger(o.Log)
		}
	}

	return slog.New(slog.DiscardHandler)
}
