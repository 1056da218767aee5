package desktop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/upstash-connect/bff/internal/atomicfile"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/problem"
)

// SandboxAddresses are the addresses of a sandbox, as it prints them on standard output.
type SandboxAddresses struct {
	Ready   bool   `json:"ready"`
	App     string `json:"app"`
	Issuer  string `json:"issuer"`
	Upstash string `json:"upstash"`
	Control string `json:"control"`
	Redis   string `json:"redis"`
	// RedisCAFile is the CA certificate of the databases; only with TLS.
	RedisCAFile string `json:"redis_ca_file,omitempty"`
	// ServiceTokenFile contains the token for a backend on this machine.
	ServiceTokenFile string `json:"service_token_file,omitempty"`
	// WebhookSecretFile contains the secret that signs webhooks to that backend (BFF_WEBHOOK_URL).
	WebhookSecretFile string `json:"webhook_secret_file,omitempty"`
}

// Sandbox describes a sandbox on this machine to other programs of the same user.
type Sandbox struct {
	SandboxAddresses
	NativeClientID string    `json:"native_client_id"`
	DataDir        string    `json:"data_dir"`
	Started        time.Time `json:"started"`
	// ProofKey is the key with which the sandbox proves its identity. Only its user can read the file. Each start
	// generates a new key.
	ProofKey string `json:"proof_key"`

	path string // of the file that describes it
}

// consolePath is the path of a sandbox's stand-in for Upstash's console. It is repeated here, because nothing imports
// the sandbox's code.
const consolePath = "/console"

// apply replaces settings with those of the sandbox.
func (s Sandbox) apply(c *config.Config) {
	c.Sandbox, c.AuthIssuer, c.AuthAudience, c.NativeClientID = true, s.issuer(), "upstash-api", s.NativeClientID
	c.UpstashAPIURL, c.RestURL, c.RedisCAFile, c.ConsoleURL = s.Upstash, s.rest(), s.RedisCAFile, s.Upstash+consolePath
}

// issuer returns the issuer in tokens.
func (s Sandbox) issuer() string { return s.Issuer + "/" }

// rest returns the REST URL of every database. It is on the port of Redis, with the same choice of TLS.
func (s Sandbox) rest() string { return "http" + strings.TrimPrefix(s.Redis, "redis") }

const (
	sandboxFilePrefix = "upstash-connect-sandbox-"
	sandboxFileSuffix = ".json"
	runningFile       = "running.json" // in the sandbox's own directory
)

// registryDirectory returns the directory in which programs of this user find running sandboxes, and the prefix of this
// user's files: the user's runtime directory, or else the shared directory for temporary files. XDG_RUNTIME_DIR may be
// left from an ended session or another user, and is then ignored.
func registryDirectory(environ []string) (directory, prefix string) {
	directory = variable(environ, "XDG_RUNTIME_DIR")
	if info, err := os.Stat(directory); filepath.IsAbs(directory) && err == nil && info.IsDir() && ownFile(info) {
		return directory, sandboxFilePrefix
	}

	return os.TempDir(), sandboxFilePrefix + strconv.Itoa(os.Getuid()) + "-"
}

// SandboxFile returns the file that describes the sandbox with this data directory while it runs.
func SandboxFile(environ []string, dataDir string) string {
	directory, prefix := registryDirectory(environ)
	sum := sha256.Sum256([]byte(realPath(dataDir)))

	return filepath.Join(directory, prefix+hex.EncodeToString(sum[:8])+sandboxFileSuffix)
}

// realPath returns the absolute path of a directory, without symbolic links.
func realPath(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}

	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}

	return path
}

// RegisterSandbox writes the sandbox's description, into the registry and into its own directory. unregister removes
// both. RegisterSandbox also removes descriptions of killed sandboxes.
func RegisterSandbox(environ []string, running Sandbox) (unregister func(), err error) {
	running.DataDir = realPath(running.DataDir)
	running.Started = time.Now().UTC()

	text, err := json.Marshal(running)
	if err != nil {
		return func() {}, err
	}

	own := filepath.Join(running.DataDir, runningFile)
	public := SandboxFile(environ, running.DataDir)

	// The directory is sticky, so another user's file of that name remains.
	err = errors.Join(atomicfile.Write(own, "-", text), atomicfile.Write(public, "-", text))

	locked, _ := openUnlinked(public) // locked while this sandbox runs
	if locked != nil {
		holdFile(locked)
	}

	unregister = func() {
		if locked != nil {
			_ = locked.Close()
		}
		_ = os.Remove(own)

		if current, err := os.ReadFile(public); err == nil && string(current) == string(text) {
			_ = os.Remove(public)
		}
	}

	if err == nil {
		removeKilled(environ, public)
	}

	return unregister, err
}

// removeKilled removes all descriptions, except one, of sandboxes that ended: nothing listens at the address, and no
// process locks the file. A sandbox in another network namespace still has the lock.
func removeKilled(environ []string, except string) {
	for _, path := range sandboxFiles(environ) {
		described, err := readSandbox(path)
		if path == except || err != nil {
			continue
		}

		at, err := url.Parse(described.Issuer)
		if err != nil {
			continue
		}

		dialer := net.Dialer{Timeout: sandboxTimeout}

		connection, err := dialer.DialContext(context.Background(), "tcp", at.Host)
		switch {
		case err == nil:
			_ = connection.Close()
		case errors.Is(err, syscall.ECONNREFUSED):
			removeUnlocked(path)
		}
	}
}

// removeUnlocked removes a file that no process locks.
func removeUnlocked(path string) {
	file, err := openUnlinked(path)
	if err != nil {
		return
	}
	unlocked := holdFile(file)
	_ = file.Close() // Windows cannot remove open files

	if unlocked {
		_ = os.Remove(path)
	}
}

// ErrNoSandbox means that no sandbox of this user runs, or none at the given address.
var ErrNoSandbox = problem.Sentinel(problem.NoSandbox, "no sandbox is running", startSandbox)

const startSandbox = "Start one with bff sandbox, in another terminal."

// UnresponsiveSandboxError means that a registered sandbox does not respond. It wraps ErrNoSandbox.
type UnresponsiveSandboxError struct {
	Path     string
	Unproven bool // another program responds at its address
}

func (e *UnresponsiveSandboxError) Error() string {
	if e.Unproven {
		return "another program uses the address of the sandbox described in " + e.Path
	}

	return "the sandbox described in " + e.Path + " does not respond"
}
func (*UnresponsiveSandboxError) Unwrap() error { return ErrNoSandbox }

// Problem names the description file.
func (e *UnresponsiveSandboxError) Problem() *problem.Error {
	detail := "The sandbox described in " + e.Path + " does not respond. " + startSandbox
	if e.Unproven {
		detail = "Another program uses the address of the sandbox described in " + e.Path + ". Nothing was sent to it. " +
			startSandbox
	}

	return problem.Sentinel(problem.NoSandbox, e.Error(), detail)
}

// OtherSandboxesError means that no sandbox runs at the given address or directory. It wraps ErrNoSandbox.
type OtherSandboxesError struct {
	Wanted  string
	Running []string // addresses of other sandboxes
}

func (e *OtherSandboxesError) Error() string { return "no sandbox runs at " + e.Wanted }
func (*OtherSandboxesError) Unwrap() error   { return ErrNoSandbox }

// Problem lists the others.
func (e *OtherSandboxesError) Problem() *problem.Error {
	detail := problem.Sentence(e.Error()) + " " + startSandbox
	if len(e.Running) > 0 {
		detail = problem.Sentence(e.Error() + "; others run at " + strings.Join(e.Running, ", "))
	}

	return problem.Sentinel(problem.NoSandbox, e.Error(), detail)
}

const sandboxTimeout = 3 * time.Second

// FindSandbox finds the sandbox with the wanted address or directory or, if wanted is empty, the newest one that
// responds. It rejects files of other users, and addresses on other machines, because a login could be sent to an
// attacker there. Errors: ErrNoSandbox, and those of reading a description.
func FindSandbox(ctx context.Context, environ []string, wanted string) (Sandbox, error) {
	port, err := wantedPort(wanted)
	if err != nil {
		return Sandbox{}, err
	}

	if wanted != "" && port == "" {
		return sandboxIn(ctx, wanted)
	}

	known, unusable := knownSandboxes(environ)
	var others []string

	for _, one := range known {
		if port != "" && !one.listensAt(port) {
			others = append(others, one.App)
			continue
		}

		err := one.verify(ctx)
		if err == nil {
			return one, nil
		}
		unusable = append(unusable, err)
	}

	switch {
	case port != "" && len(known) == len(others):
		return Sandbox{}, &OtherSandboxesError{wanted, others}
	case len(unusable) > 0:
		return Sandbox{}, unusable[len(unusable)-1]
	}

	return Sandbox{}, ErrNoSandbox
}

// wantedPort returns the port of a URL, a host and port, or a port. It is empty for a directory and for "".
func wantedPort(wanted string) (string, error) {
	if _, err := strconv.ParseUint(wanted, 10, 16); err == nil {
		return wanted, nil
	}

	address := wanted
	if _, rest, isURL := strings.Cut(wanted, "://"); isURL {
		address, _, _ = strings.Cut(rest, "/")
	}

	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil && address != wanted:
		return "", fmt.Errorf("--sandbox=%s: add the port, as in http://localhost:8080", wanted)
	case err != nil || (address == wanted && strings.ContainsAny(wanted, `/\`)):
		return "", nil
	case !loopback.Host(host):
		return "", fmt.Errorf("--sandbox=%s: a sandbox must be on this machine, such as http://localhost:8080", wanted)
	}

	return port, nil
}

// sandboxIn returns the sandbox that runs on a data directory.
func sandboxIn(ctx context.Context, directory string) (Sandbox, error) {
	found, err := readSandbox(filepath.Join(realPath(directory), runningFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Sandbox{}, &OtherSandboxesError{Wanted: directory}
	}

	if err != nil {
		return Sandbox{}, err
	}

	if err := found.verify(ctx); err != nil {
		return Sandbox{}, err
	}

	return found, nil
}

// sandboxFiles returns the descriptions of all sandboxes of this user.
func sandboxFiles(environ []string) []string {
	directory, prefix := registryDirectory(environ)
	entries, _ := os.ReadDir(directory) // an unreadable directory has none

	var paths []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, prefix) && strings.HasSuffix(name, sandboxFileSuffix) {
			paths = append(paths, filepath.Join(directory, name))
		}
	}

	return paths
}

// knownSandboxes returns the registered sandboxes, newest first, and why other files were rejected.
func knownSandboxes(environ []string) (known []Sandbox, unusable []error) {
	for _, path := range sandboxFiles(environ) {
		described, err := readSandbox(path)

		switch {
		case err == nil:
			known = append(known, described)
		case !errors.Is(err, fs.ErrNotExist): // it may have ended meanwhile
			unusable = append(unusable, err)
		}
	}
	slices.SortFunc(known, func(a, b Sandbox) int { return b.Started.Compare(a.Started) })

	return known, unusable
}

// errLink is returned by openUnlinked.
var errLink = errors.New("it is a link")

const maxSandboxFile = 64 << 10

// readOwn reads a file that this user owns. It checks the opened file, because the path may be replaced meanwhile.
func readOwn(path string) ([]byte, error) {
	file, err := openUnlinked(path)
	if err != nil && !errors.Is(err, errLink) {
		return nil, err
	}

	if err == nil {
		defer func() { _ = file.Close() }()

		info, err := file.Stat()
		if err != nil {
			return nil, err
		}

		if info.Mode().IsRegular() && ownFile(info) {
			return io.ReadAll(io.LimitReader(file, maxSandboxFile))
		}
	}

	return nil, fmt.Errorf("%s does not belong to a sandbox of yours", path)
}

func readSandbox(path string) (Sandbox, error) {
	text, err := readOwn(path)
	if err != nil {
		return Sandbox{}, err
	}

	var found Sandbox
	if json.Unmarshal(text, &found) != nil || found.NativeClientID == "" {
		return Sandbox{}, fmt.Errorf("%s does not describe a sandbox", path)
	}
	found.path = path

	for _, address := range found.addresses() {
		if !onLoopback(address) {
			return Sandbox{}, fmt.Errorf("%s has an address that is not on this machine", path)
		}
	}

	return found, nil
}

func (s Sandbox) addresses() []string {
	return []string{s.App, s.Issuer, s.Upstash, s.Control, s.rest()}
}

func (s Sandbox) listensAt(port string) bool {
	return slices.ContainsFunc(s.addresses(), func(address string) bool { return portOf(address) == port })
}

// portOf returns the port of a URL; empty if it has none.
func portOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}

	return parsed.Port()
}

func onLoopback(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.User != nil {
		return false
	}

	return loopback.Host(parsed.Hostname())
}
