package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/atomicfile"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/internal/webhook"
)

type sandboxFlags struct {
	listen, dataDir string
	defaultListen   bool // --listen was not given
	adminListen     string
	realistic       bool
	strict          bool
	standIns        sandbox.Options
}

func (p program) sandbox() *cobra.Command {
	var flags sandboxFlags
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Run everything offline, with stand-ins for Auth0 and Upstash",
		Long: `Runs the server with an identity provider that behaves like Auth0 and a Developer API that behaves like
Upstash's, on this machine only. It needs no account, no network and no configuration. Log in as
demo@example.com with demo-password, or sign up.

Each directory (--data-dir) is a separate sandbox, and several can run at the same time. If a default port is in
use at the first start on a directory, the sandbox picks a free one, prints it, and uses it from then on. If a
port that you give is in use, the sandbox fails.

When everything accepts connections, the sandbox prints one line of JSON with all addresses on standard output.
It reads settings of the server, such as BFF_SESSION_IDLE, from the environment.`,
		Example: `  bff sandbox
  bff sandbox --data-dir ../other    # a second one; use it with --sandbox=../other
  bff sandbox --data-dir "$(mktemp -d)" --listen 127.0.0.1:0 \
    --issuer-listen 127.0.0.1:0 --upstash-listen 127.0.0.1:0 \
    --control-listen 127.0.0.1:0 --redis-listen 127.0.0.1:0`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if flags.realistic && flags.strict {
				return terminal.NewUsageError(
					errors.New(
						"--realistic and --strict cannot be combined: --strict includes the faults of --realistic",
					),
				)
			}

			flags.setDefaults(command.Flags())

			return p.runSandbox(command.Context(), flags)
		},
	}
	flags.register(command.Flags())

	return command
}

func (f *sandboxFlags) register(set *pflag.FlagSet) {
	set.StringVar(&f.listen, "listen", "127.0.0.1:8080",
		"address of the server; port 0 picks a free port and reuses it on the next start")
	set.StringVar(&f.standIns.IssuerListen, "issuer-listen", "127.0.0.1:8081",
		"address of the identity provider")
	set.StringVar(&f.standIns.UpstashListen, "upstash-listen", "127.0.0.1:8082", "address of the Developer API")
	set.StringVar(&f.standIns.ControlListen, "control-listen", "127.0.0.1:8083",
		"address of the control API: tokens, faults, journal")
	set.StringVar(&f.standIns.RedisListen, "redis-listen", "127.0.0.1:8085",
		"address of the databases, for Redis clients and REST")
	set.BoolVar(&f.standIns.RedisTLS, "redis-tls", false,
		"require TLS for databases, with a certificate from the sandbox's own authority")
	set.StringVar(&f.standIns.IssuerHost, "issuer-host", "localhost",
		"host in the issuer's URL: localhost, or 127.0.0.1 to make it a different site")
	set.BoolVar(&f.standIns.ThirdParty, "third-party", false,
		"register the application as a strict third-party client of Auth0, with a tpc_ client ID")
	set.BoolVar(&f.realistic, "realistic", false,
		"inject a few harmless faults, as on an ordinary day: slow responses, a 429 on a read")
	set.BoolVar(&f.strict, "strict", false,
		"also inject severe faults: dropped and cut connections, corrupt responses, 5xx")
	set.Uint64Var(&f.standIns.Seed, "seed", 0,
		"seed of the faults: the same seed gives the same faults (default: random, and printed)")
	set.StringVar(&f.adminListen, "admin-listen", "",
		"address of metrics and profiles, such as 127.0.0.1:8084 (default: none)")
	set.StringVar(&f.dataDir, "data-dir", ".sandbox", "directory for all data")
}

// sandboxClient is the application's client id, unless it is third-party.
const sandboxClient = "sandbox-spa"

const standInsTimeout = time.Minute // for requests in progress at the stand-ins when the sandbox stops

func (p program) runSandbox(ctx context.Context, flags sandboxFlags) (err error) { //nolint:funlen // steps, each undone if a later one fails
	started := time.Now()

	if err := os.MkdirAll(flags.dataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w; choose another with --data-dir", err)
	}

	listener, err := listenSandbox(ctx, flags)
	if err != nil {
		return err
	}
	flags.standIns.DataDir, flags.standIns.SPAClientID = flags.dataDir, sandboxClient
	flags.standIns.Faults, flags.standIns.ProofKey = flags.mode(), rand.Text()

	flags.standIns.AppName = p.environment("BFF_APP_NAME")

	standIns, err := sandbox.Start(ctx, flags.standIns)
	if err != nil {
		return errors.Join(
			fmt.Errorf("%w; stop the sandbox that is running, or choose other addresses and another --data-dir", err),
			listener.Close(),
		)
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), standInsTimeout)
		defer cancel()
		err = errors.Join(err, standIns.Close(stop))
	}()

	origin := "http://localhost:" + port(listener.Addr())
	if err := flags.remember(listener); err != nil { // only now: no other sandbox uses this directory
		return errors.Join(err, listener.Close())
	}

	if err := standIns.AllowApp(origin); err != nil {
		return errors.Join(err, listener.Close())
	}

	c, files, err := p.sandboxConfig(flags.dataDir, origin, standIns)
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	if flags.adminListen != "" {
		c.AdminListen = flags.adminListen
	}

	logger, flush := p.newLogger(c)
	defer flush()

	tuneMemory(logger)

	product, err := server.New(ctx, server.Options{Config: c, Logger: logger, Version: buildVersion()})
	if errors.Is(err, server.ErrAdminBeyondLoopback) {
		err = terminal.NewUsageError(
			fmt.Errorf("--admin-listen %s: the sandbox listens only on loopback", c.AdminListen),
		)
	}

	if err != nil {
		return errors.Join(err, listener.Close())
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	running := make(chan error, 1)
	go func() { running <- product.Run(ctx, listener) }()

	if err := product.WaitReady(ctx); err == nil {
		line := desktop.SandboxAddresses{
			Ready:       true,
			App:         origin,
			Issuer:      strings.TrimSuffix(standIns.IssuerURL(), "/"),
			Upstash:     standIns.UpstashURL(),
			Control:     standIns.ControlURL(),
			Redis:       standIns.RedisURL(),
			RedisCAFile: standIns.RedisCAFile(),

			ServiceTokenFile: files.token, WebhookSecretFile: files.webhookSecret,
		}

		described := desktop.Sandbox{
			SandboxAddresses: line, NativeClientID: sandbox.NativeClientID, DataDir: flags.dataDir,
			ProofKey: flags.standIns.ProofKey,
		}

		unregister, err := desktop.RegisterSandbox(p.environ, described)
		if err != nil {
			logger.WarnContext(ctx, "bff connect --sandbox may not find this sandbox", "error", err)
		}
		defer unregister()

		p.announce(line, flags.dataDir, faultsNote(flags.mode(), standIns.Seed()), time.Since(started))
	}

	return <-running
}

// announce prints the banner for people, and the line for programs.
func (p program) announce(line desktop.SandboxAddresses, dataDir, faults string, took time.Duration) {
	_, _ = fmt.Fprintf(p.stderr, `
  ┌──────────────────────────────────────────────────────────────┐
  │  SANDBOX. Accounts, logins and keys are simulated. Databases │
  │  run on this machine (miniredis). Do not enter real secrets. │
  └──────────────────────────────────────────────────────────────┘

  Open       %s
  Log in as  demo@example.com  with  demo-password   (or sign up)

  Identity provider  %s
  Developer API      %s
  Console            %s   (databases and developer keys of an account)
  Control            %s   (journal of calls, tokens, faults)
  Databases          %s   (REST on the same port)
  Service token      %s

%s  Data directory     %s   (delete it to start over)

  Ready in %s. Stop with Ctrl-C. BFF_LOG_LEVEL=info logs each request.

`, line.App, line.Issuer, line.Upstash, line.Upstash+sandbox.ConsolePath, line.Control, line.Redis, line.ServiceTokenFile,
		faults, dataDir, took.Round(time.Millisecond))
	_ = terminal.WriteJSON(p.stdout, line)
}

// mode returns the mode of the faults that the stand-ins inject automatically.
func (f sandboxFlags) mode() string {
	switch {
	case f.realistic:
		return "realistic"
	case f.strict:
		return "strict"
	default:
		return ""
	}
}

// faultsNote returns the banner's note that faults are injected, and how to repeat them.
func faultsNote(mode string, seed uint64) string {
	switch mode {
	case "realistic":
		return fmt.Sprintf(
			"  REALISTIC          slow responses, and an occasional 429\n                     repeat with --realistic --seed %d\n\n",
			seed,
		)
	case "strict":
		return fmt.Sprintf(
			"  STRICT             dropped and cut connections, corrupt responses, 5xx\n                     repeat with --strict --seed %d\n\n", seed,
		)
	default:
		return ""
	}
}

// backendFiles are the files with the secrets of a backend on this machine.
type backendFiles struct{ token, webhookSecret string }

// sandboxFiles returns the files of the service token and of the secret that signs webhooks. It creates each once,
// because backends keep them.
func sandboxFiles(dir string) (files backendFiles, err error) {
	token, _ := partner.NewToken(partner.Test, partner.BuiltInID)

	files.token, err = createOnce(filepath.Join(dir, "service-token"), token)
	if err != nil {
		return backendFiles{}, err
	}
	files.webhookSecret, err = createOnce(filepath.Join(dir, "webhook-secret"), webhook.NewSecret())

	return files, err
}

// createOnce writes a secret to a file that does not exist yet, and returns the absolute path.
func createOnce(name string, text secret.Text) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil || exists(path) {
		return path, err
	}

	return path, atomicfile.Write(path, "-", []byte(text.Reveal()+"\n"))
}

// sandboxConfig is the server's configuration in the sandbox, and the files for a backend: the environment's settings,
// except those that point at the stand-ins.
func (p program) sandboxConfig(
	dir, origin string, standIns *sandbox.Sandbox,
) (c *config.Config, files backendFiles, err error) {
	keysetPath := filepath.Join(dir, "keyset.json")
	if err := writeKeyset(keysetPath, nil); err != nil && !exists(keysetPath) {
		return nil, backendFiles{}, err
	}

	keyset, err := os.ReadFile(keysetPath)
	if err != nil {
		return nil, backendFiles{}, err
	}

	files, err = sandboxFiles(dir)
	if err != nil {
		return nil, backendFiles{}, err
	}
	fixed := map[string]string{
		"BFF_LISTEN":          "127.0.0.1:0", // already listening
		"BFF_PUBLIC_URL":      origin,
		"BFF_DATABASE_URL":    "sqlite://" + filepath.Join(dir, "bff.db"),
		"BFF_AUTH_ISSUER":     standIns.IssuerURL(),
		"BFF_AUTH_AUDIENCE":   "upstash-api",
		"BFF_AUTH_CLIENT_IDS": standIns.SPAClientID(),
		"BFF_UPSTASH_API_URL": standIns.UpstashURL(),
		"BFF_REST_URL":        standIns.RESTURL(),
		"BFF_CONSOLE_URL":     standIns.ConsoleURL(),
	}

	environ := []string{"BFF_LOG_FORMAT=text", "BFF_LOG_LEVEL=warn"}
	for _, entry := range p.environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, taken := fixed[name]; taken && strings.HasPrefix(value, "https://") {
			return nil, backendFiles{}, &config.InvalidError{Errors: []string{
				name + " is the URL of a real service, which a sandbox never uses; unset it or use `bff serve`",
			}}
		} else if !taken && !ownOfSandbox(name) {
			environ = append(environ, entry)
		}
	}

	for name, value := range fixed {
		environ = append(environ, name+"="+value)
	}

	environ = append(environ, "BFF_KEYSET="+strings.TrimSpace(string(keyset)),
		"BFF_SERVICE_TOKEN_FILE="+files.token, "BFF_RETURN_URLS=http://localhost:*,http://127.0.0.1:*")

	environ = append(environ, p.sandboxWebhooks(files)...)

	c, err = config.Load(nil, environ, server.SandboxChecks()...)
	if err != nil {
		return nil, backendFiles{}, err
	}
	c.RedisCAFile = standIns.RedisCAFile()
	c.Sandbox, c.Keyset, c.KeysetFile = true, secret.New(string(keyset)), keysetPath

	return c, files, nil
}

// sandboxWebhooks are the settings of webhooks to a backend on this machine.
func (p program) sandboxWebhooks(files backendFiles) (environ []string) {
	if p.environment("BFF_WEBHOOK_URL") != "" {
		environ = append(environ, "BFF_WEBHOOK_SECRET_FILE="+files.webhookSecret)
	}

	if p.environment("BFF_WEBHOOK_ALLOWED_NETWORKS") == "" {
		environ = append(environ, "BFF_WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8,::1")
	}

	return environ
}

// ownOfSandbox reports whether a sandbox ignores the environment's value of a setting and uses its own.
func ownOfSandbox(name string) bool {
	return strings.HasPrefix(name, "BFF_KEYSET") || strings.HasPrefix(name, "BFF_SERVICE_TOKEN") ||
		strings.HasPrefix(name, "BFF_WEBHOOK_SECRET") ||
		name == "BFF_DATABASE_URL_FILE" || name == "BFF_RETURN_URLS"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func port(address net.Addr) string {
	_, port, _ := net.SplitHostPort(address.String())
	return port
}

// setDefaults clears the addresses that were not given: the sandbox then uses another port if the default one is in
// use.
func (f *sandboxFlags) setDefaults(set *pflag.FlagSet) {
	f.defaultListen = !set.Changed("listen")

	for name, address := range map[string]*string{
		"issuer-listen": &f.standIns.IssuerListen, "upstash-listen": &f.standIns.UpstashListen,
		"control-listen": &f.standIns.ControlListen, "redis-listen": &f.standIns.RedisListen,
	} {
		if !set.Changed(name) {
			*address = ""
		}
	}
}

// portFile returns the file of the server's port: one file for --listen with port 0, another one for the default.
func (f *sandboxFlags) portFile() string {
	if f.defaultListen {
		return filepath.Join(f.dataDir, "usual-port")
	}

	return filepath.Join(f.dataDir, "port")
}

func (f sandboxFlags) keepsPort() bool { return f.defaultListen || strings.HasSuffix(f.listen, ":0") }

// remember stores a picked port for the next start on this directory.
func (f sandboxFlags) remember(listener net.Listener) error {
	if !f.keepsPort() {
		return nil
	}

	return os.WriteFile(f.portFile(), []byte(port(listener.Addr())+"\n"), 0o600)
}

// listenSandbox listens on loopback only. It stores a picked port in the data directory, because the identity provider
// knows the origin and the callback.
func listenSandbox(ctx context.Context, flags sandboxFlags) (net.Listener, error) {
	host, wanted, err := net.SplitHostPort(flags.listen)
	if err != nil || !loopback.Host(host) {
		return nil, terminal.NewUsageError(fmt.Errorf(
			"--listen %s: the sandbox listens only on loopback, such as 127.0.0.1:8080", flags.listen,
		))
	}

	mayMove := flags.defaultListen
	if flags.keepsPort() {
		if content, err := os.ReadFile(flags.portFile()); err == nil {
			wanted, mayMove = strings.TrimSpace(string(content)), false
		}
	}

	var config net.ListenConfig

	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, wanted))
	if mayMove && errors.Is(err, syscall.EADDRINUSE) {
		listener, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}

	if err != nil {
		return nil, fmt.Errorf("%w; stop the program that uses the port, or choose another with --listen", err)
	}

	return listener, nil
}
