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

// SandboxAddresses are where a sandbox is reached, as it says on standard output when it is ready.
type SandboxAddresses struct {
	Ready   bool   `json:"ready"`
	App     string `json:"app"`
	Issuer  string `json:"issuer"`
	Upstash string `json:"upstash"`
	Control string `json:"control"`
	Redis   string `json:"redis"`
	// RedisCAFile signed the databases' certificate; only with TLS.
	RedisCAFile string `json:"redis_ca_file,omitempty"`
	// ServiceTokenFile holds the token that a backend on this machine may call with.
	ServiceTokenFile string `json:"service_token_file,omitempty"`
}

// Sandbox is one that runs on this machine, as it describes itself to programs of the same user.
type Sandbox struct {
	SandboxAddresses
	NativeClientID string    `json:"native_client_id"`
	DataDir        string    `json:"data_dir"` // where it keeps everything
	Started        time.Time `json:"started"`
	// ProofKey is what it proves with that it is the one that is described: nobody else can, for the file is its user's
	// alone. Made anew at each start.
	ProofKey string `json:"proof_key"`

	path string // of the file that describes it
}

// consolePath is where a sandbox has its stand-in for Upstash's console: a fact of the sandbox, whose code nobody
// imports.
const consolePath = "/console"

// apply makes the settings the sandbox's.
func (s Sandbox) apply(c *config.Config) {
	c.Sandbox, c.AuthIssuer, c.AuthAudience, c.NativeClientID = true, s.issuer(), "upstash-api", s.NativeClientID
	c.UpstashAPIURL, c.RestURL, c.RedisCAFile, c.ConsoleURL = s.Upstash, s.rest(), s.RedisCAFile, s.Upstash+consolePath
}

// issuer is the identity provider's, as its tokens name it.
func (s Sandbox) issuer() string { return s.Issuer + "/" }

// rest is every database's REST URL: on the port of its Redis, over TLS where that is. rediss is to redis as https is
// to http.
func (s Sandbox) rest() string { return "http" + strings.TrimPrefix(s.Redis, "redis") }

const (
	sandboxFilePrefix = "upstash-connect-sandbox-"
	sandboxFileSuffix = ".json"
	runningFile       = "running.json" // in the sandbox's own directory
)

// registryDirectory is the directory in which the user's other programs find running sandboxes, and how the names of this
// user's files begin: the user's own runtime directory, or else among everybody's temporary files. A variable that is
// left of a session that ended, or of another user, names no such directory.
func registryDirectory(environ []string) (directory, prefix string) {
	directory = variable(environ, "XDG_RUNTIME_DIR")
	if info, err := os.Stat(directory); filepath.IsAbs(directory) && err == nil && info.IsDir() && ownFile(info) {
		return directory, sandboxFilePrefix
	}

	return os.TempDir(), sandboxFilePrefix + strconv.Itoa(os.Getuid()) + "-"
}

// SandboxFile is where the sandbox that keeps everything in dataDir can be found while it runs. Each has a file of its
// own, for no two sandboxes share a directory.
func SandboxFile(environ []string, dataDir string) string {
	directory, prefix := registryDirectory(environ)
	sum := sha256.Sum256([]byte(realPath(dataDir)))

	return filepath.Join(directory, prefix+hex.EncodeToString(sum[:8])+sandboxFileSuffix)
}

// realPath is one name of a directory, whoever names it from wherever.
func realPath(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}

	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}

	return path
}

// RegisterSandbox writes the sandbox's file, and another in its own directory, where it is found by whoever names that.
// It returns what removes both, or whichever could be written. Files of sandboxes that were killed are taken away.
func RegisterSandbox(environ []string, running Sandbox) (unregister func(), err error) {
	running.DataDir = realPath(running.DataDir)
	running.Started = time.Now().UTC()

	text, err := json.Marshal(running)
	if err != nil {
		return func() {}, err
	}

	own := filepath.Join(running.DataDir, runningFile)
	public := SandboxFile(environ, running.DataDir)

	// another user's file of that name stays: the directory is sticky
	err = errors.Join(atomicfile.Write(own, "-", text), atomicfile.Write(public, "-", text))

	held, _ := openUnlinked(public) // read and held by nobody else while this runs
	if held != nil {
		holdFile(held)
	}

	unregister = func() {
		if held != nil {
			_ = held.Close()
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

// removeKilled removes the descriptions, but one, of sandboxes that are gone: nobody listens at the address any more,
// and nobody holds the file. One that runs in another network namespace is not to be reached from here either.
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

		dialer := net.Dialer{Timeout: sandboxPatience}

		connection, err := dialer.DialContext(context.Background(), "tcp", at.Host)
		switch {
		case err == nil:
			_ = connection.Close()
		case errors.Is(err, syscall.ECONNREFUSED):
			removeUnheld(path)
		}
	}
}

// removeUnheld removes a file that nobody holds.
func removeUnheld(path string) {
	file, err := openUnlinked(path)
	if err != nil {
		return
	}
	unheld := holdFile(file)
	_ = file.Close() // Windows removes no open file

	if unheld {
		_ = os.Remove(path)
	}
}

// ErrNoSandbox means that no sandbox of this user runs, or none at the place that was named.
var ErrNoSandbox = problem.Sentinel(problem.NoSandbox, "no sandbox is running", startSandbox)

const startSandbox = "Start one with bff sandbox, in another terminal."

// UnresponsiveSandboxError means that one was started and does not answer. It is ErrNoSandbox.
type UnresponsiveSandboxError struct {
	Path     string
	Unproven bool // something answers at its address, and is not it
}

func (e *UnresponsiveSandboxError) Error() string {
	if e.Unproven {
		return "what listens where " + e.Path + " describes a sandbox is not that sandbox"
	}

	return "the sandbox that " + e.Path + " describes does not answer"
}
func (*UnresponsiveSandboxError) Unwrap() error { return ErrNoSandbox }

// Problem names the file that describes it.
func (e *UnresponsiveSandboxError) Problem() *problem.Error {
	detail := "The one that " + e.Path + " describes does not answer. " + startSandbox
	if e.Unproven {
		detail = "Another program listens where the one was that " + e.Path + " describes. Nothing was sent to it. " +
			startSandbox
	}

	return problem.Sentinel(problem.NoSandbox, e.Error(), detail)
}

// OtherSandboxesError means that none runs where one was named. It is ErrNoSandbox.
type OtherSandboxesError struct {
	Wanted  string
	Running []string // where others are
}

func (e *OtherSandboxesError) Error() string { return "no sandbox runs at " + e.Wanted }
func (*OtherSandboxesError) Unwrap() error   { return ErrNoSandbox }

// Problem says where others run.
func (e *OtherSandboxesError) Problem() *problem.Error {
	detail := problem.Sentence(e.Error()) + " " + startSandbox
	if len(e.Running) > 0 {
		detail = problem.Sentence(e.Error() + "; others run at " + strings.Join(e.Running, ", "))
	}

	return problem.Sentinel(problem.NoSandbox, e.Error(), detail)
}

const sandboxPatience = 3 * time.Second

// FindSandbox finds the sandbox with the address or the directory that is wanted; for nothing wanted, of those that
// answer the one that this user started last. It believes no file of another user, and no address that leaves this
// machine: whoever wrote those could have a login sent to them. Errors: ErrNoSandbox, and what is wrong with a file.
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

// wantedPort is the port of an address: a URL, host and port, or a port alone. It is empty for a directory, and for
// nothing.
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
		return "", fmt.Errorf("--sandbox=%s: name the port too, as in http://localhost:8080", wanted)
	case err != nil || (address == wanted && strings.ContainsAny(wanted, `/\`)):
		return "", nil
	case !loopback.Host(host):
		return "", fmt.Errorf("--sandbox=%s: a sandbox is on this machine, such as http://localhost:8080", wanted)
	}

	return port, nil
}

// sandboxIn is the sandbox that runs on a directory.
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

// sandboxFiles are those of all sandboxes of this user.
func sandboxFiles(environ []string) []string {
	directory, prefix := registryDirectory(environ)
	entries, _ := os.ReadDir(directory) // one that cannot be read has none

	var paths []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, prefix) && strings.HasSuffix(name, sandboxFileSuffix) {
			paths = append(paths, filepath.Join(directory, name))
		}
	}

	return paths
}

// knownSandboxes are the sandboxes that are described, the one that started last first, and why other files are not
// believed.
func knownSandboxes(environ []string) (known []Sandbox, unusable []error) {
	for _, path := range sandboxFiles(environ) {
		described, err := readSandbox(path)

		switch {
		case err == nil:
			known = append(known, described)
		case !errors.Is(err, fs.ErrNotExist): // it ended meanwhile
			unusable = append(unusable, err)
		}
	}
	slices.SortFunc(known, func(a, b Sandbox) int { return b.Started.Compare(a.Started) })

	return known, unusable
}

// errLink is that of openUnlinked.
var errLink = errors.New("it is a link")

const maxSandboxFile = 64 << 10

// readOwn reads a file that this user wrote. It looks at what it has opened: the name may be another file's by then.
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

	return nil, fmt.Errorf("%s was not written by a sandbox of yours", path)
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
			return Sandbox{}, fmt.Errorf("%s names an address that is not on this machine", path)
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

// portOf is a URL's port; empty for none.
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
