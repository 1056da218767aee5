package desktop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
	NativeClientID string `json:"native_client_id"`
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

// SandboxFile is where a running sandbox can be found by its user's other programs: in the user's own runtime
// directory, or else among everybody's temporary files, under a name of the user's.
func SandboxFile(environ []string) string {
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); name == "XDG_RUNTIME_DIR" && filepath.IsAbs(value) {
			return filepath.Join(value, "upstash-connect-sandbox.json")
		}
	}

	return filepath.Join(os.TempDir(), "upstash-connect-sandbox-"+strconv.Itoa(os.Getuid())+".json")
}

// PublishSandbox writes the file, in place of an earlier sandbox's, and returns what removes it, unless another has
// replaced it since.
func PublishSandbox(environ []string, running Sandbox) (withdraw func(), err error) {
	path := SandboxFile(environ)

	text, err := json.Marshal(running)
	if err != nil {
		return nil, err
	}

	// another user's file of that name stays: the directory is sticky
	if err := atomicfile.Write(path, "-", text); err != nil {
		return nil, err
	}

	return func() {
		if current, err := os.ReadFile(path); err == nil && string(current) == string(text) {
			_ = os.Remove(path)
		}
	}, nil
}

// ErrNoSandbox means that no sandbox of this user runs.
var ErrNoSandbox = problem.Sentinel(problem.NoSandbox, "no sandbox is running", startSandbox)

const startSandbox = "Start one with bff sandbox, in another terminal."

// SilentSandboxError means that one was started and does not answer. It is ErrNoSandbox.
type SilentSandboxError struct{ Path string }

func (e *SilentSandboxError) Error() string {
	return "the sandbox that " + e.Path + " describes does not answer"
}
func (*SilentSandboxError) Unwrap() error { return ErrNoSandbox }

// Problem names the file that describes it.
func (e *SilentSandboxError) Problem() *problem.Error {
	detail := "The one that " + e.Path + " describes does not answer. " + startSandbox

	return problem.Sentinel(problem.NoSandbox, e.Error(), detail)
}

const sandboxPatience = 3 * time.Second

// FindSandbox finds the sandbox that this user started last. It believes no file of another user, and no address that
// leaves this machine: whoever wrote those could have a log-in sent to them. Errors: ErrNoSandbox, and what is wrong
// with the file.
func FindSandbox(ctx context.Context, environ []string) (Sandbox, error) {
	path := SandboxFile(environ)

	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Sandbox{}, ErrNoSandbox
	}

	if err != nil {
		return Sandbox{}, err
	}

	if !info.Mode().IsRegular() || !ownFile(info) {
		return Sandbox{}, fmt.Errorf("%s was not written by a sandbox of yours", path)
	}

	text, err := os.ReadFile(path)
	if err != nil {
		return Sandbox{}, err
	}

	var found Sandbox
	if json.Unmarshal(text, &found) != nil || found.NativeClientID == "" {
		return Sandbox{}, fmt.Errorf("%s does not describe a sandbox", path)
	}

	for _, address := range []string{found.App, found.Issuer, found.Upstash, found.Control, found.rest()} {
		if !onLoopback(address) {
			return Sandbox{}, fmt.Errorf("%s names an address that is not on this machine", path)
		}
	}

	if err := answers(ctx, found.issuer()+".well-known/openid-configuration"); err != nil {
		return Sandbox{}, &SilentSandboxError{path}
	}

	return found, nil
}

func onLoopback(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.User != nil {
		return false
	}

	return loopback.Host(parsed.Hostname())
}

func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, sandboxPatience)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}

	defer func() { _ = response.Body.Close() }()

	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %d", response.StatusCode)
	}

	return nil
}
