// Package desktop runs the product as a program on the user's own machine. It uses the server's custody and operations
// on a database in a local state directory. Package native runs the login and stores the key.
//
// The keyset that encrypts the database is saved in the keyring, or in a file of mode 0600.
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

// Options select an account of this machine. All are optional.
type Options struct {
	Environ   []string  // entries NAME=value, as of os.Environ
	Log       io.Writer // where to log, if BFF_LOG_LEVEL is set
	Sandbox   bool      // use the account of a sandbox on this machine, which is separate from the real one
	SandboxAt string    // address or directory of the sandbox; default: the one that started last
	NoKeyring bool      // use the file even if there is a keyring
	StateDir  string    // default: the system's state directory

	// Keyring returns the keyring of a state directory. Default: the system's.
	Keyring func(directory string) native.Keyring

	sandboxPort string // of the selected sandbox
}

// Settings are the settings of one run, which reads them once.
type Settings struct {
	Config *config.Config

	options Options
	logger  *slog.Logger
}

// names lists the settings that a desktop reads.
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
		"ALLOW_OPERATIONS",
		"MAX_BUDGET",
		"MAX_DATABASES",
		"LIMIT_CREATES",
		"LIMIT_MINTS",
		"LOG_LEVEL",
		"LOG_FORMAT",
	}
}

// ReadSettings reads the settings; those of a sandbox come from its description. Errors: *config.InvalidError,
// ErrNoSandbox, and those of a rejected description.
func ReadSettings(ctx context.Context, options Options) (*Settings, error) {
	c, err := config.LoadOnly(nil, options.Environ, names()...)
	if err != nil {
		return nil, err
	}

	if invalid := broker.KnownPolicy(c); len(invalid) > 0 {
		return nil, &config.InvalidError{Errors: invalid}
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

const defaultSandboxPort = "8080"

// StateDirectory returns the directory of all state: $XDG_STATE_HOME/upstash-connect, or the system's equivalent. Each
// sandbox has a separate subdirectory, named by its port unless that is the default, so that its state cannot be
// confused with real state or that of another sandbox. The error is a *config.InvalidError if the environment has no
// such directory.
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
		if o.sandboxPort != "" && o.sandboxPort != defaultSandboxPort {
			name += "-" + o.sandboxPort
		}
		directory = filepath.Join(directory, name)
	}

	return filepath.Abs(directory)
}

func (o Options) stateHome() (string, error) {
	// The specification requires to ignore a relative path.
	if base := o.environment("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return base, nil
	}

	if base := o.environment("LocalAppData"); runtime.GOOS == "windows" && base != "" {
		return base, nil
	}

	home, err := o.home()
	if err != nil {
		return "", noHome(err, "set it, or pass a directory with --state-dir")
	}

	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), nil
	}

	return filepath.Join(home, ".local", "state"), nil
}

// home returns the user's home directory. A relative one would depend on the working directory.
func (o Options) home() (string, error) {
	switch home := o.environment("HOME"); {
	case home == "":
		return "", errors.New("HOME is not set")
	case !filepath.IsAbs(home):
		return "", fmt.Errorf("HOME must be an absolute path; found %q", home)
	default:
		return home, nil
	}
}

// noHome returns a *config.InvalidError with a remedy. Services and containers often have no home directory.
func noHome(err error, remedy string) error {
	return &config.InvalidError{Errors: []string{err.Error() + ": " + remedy}}
}

func (o Options) environment(name string) string { return variable(o.Environ, name) }

// newStore returns the store of the account's key.
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

// upstashCLI returns the file of the official Upstash CLI, or an error of noHome.
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

// newLogger discards the log unless BFF_LOG_LEVEL is set, because the commands report everything themselves.
func (o Options) newLogger(c *config.Config) *slog.Logger {
	for _, entry := range o.Environ {
		if strings.HasPrefix(entry, "BFF_LOG_LEVEL=") && o.Log != nil {
			return c.NewLogger(o.Log)
		}
	}

	return slog.New(slog.DiscardHandler)
}
