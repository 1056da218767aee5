package main

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
	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/sandbox"
)

// foundSandbox is a sandbox that runs on this machine, as it describes itself to programs of the same user.
type foundSandbox struct {
	readyLine
	NativeClientID string `json:"native_client_id"`
}

// issuer is the identity provider's, as its tokens name it.
func (f foundSandbox) issuer() string { return f.Issuer + "/" }

// rest is every database's REST URL: on the port of its Redis, over TLS where that is. rediss is to redis as https is to http.
func (f foundSandbox) rest() string { return "http" + strings.TrimPrefix(f.Redis, "redis") }

// console is the stand-in for Upstash's console.
func (f foundSandbox) console() string { return f.Upstash + sandbox.ConsolePath }

// sandboxFile is where a running sandbox can be found by its user's other programs: in the user's own runtime directory, or else
// among everybody's temporary files, under a name of the user's.
func sandboxFile(environ []string) string {
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); name == "XDG_RUNTIME_DIR" && filepath.IsAbs(value) {
			return filepath.Join(value, "upstash-connect-sandbox.json")
		}
	}
	return filepath.Join(os.TempDir(), "upstash-connect-sandbox-"+strconv.Itoa(os.Getuid())+".json")
}

// publishSandbox writes the file, in place of an earlier sandbox's, and returns what removes it, unless another has replaced it
// since.
func publishSandbox(environ []string, line readyLine) (withdraw func(), err error) {
	path := sandboxFile(environ)
	text, err := json.Marshal(foundSandbox{line, sandbox.NativeClientID})
	if err != nil {
		return nil, err
	}
	if err := atomicfile.Write(path, "-", text); err != nil { // another user's file of that name stays: the directory is sticky
		return nil, err
	}
	return func() {
		if current, err := os.ReadFile(path); err == nil && string(current) == string(text) {
			_ = os.Remove(path)
		}
	}, nil
}

// errNoSandbox means that no sandbox of this user runs.
var errNoSandbox = errors.New("no sandbox is running")

// silentSandboxError means that one was started and does not answer. It is errNoSandbox.
type silentSandboxError struct{ path string }

func (e *silentSandboxError) Error() string {
	return "the sandbox that " + e.path + " describes does not answer"
}
func (*silentSandboxError) Unwrap() error { return errNoSandbox }

const sandboxPatience = 3 * time.Second

// findSandbox finds the sandbox that this user started last. It believes no file of another user, and no address that leaves this
// machine: whoever wrote those could have a log-in sent to them.
func findSandbox(ctx context.Context, environ []string) (foundSandbox, error) {
	path := sandboxFile(environ)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return foundSandbox{}, errNoSandbox
	}
	if err != nil {
		return foundSandbox{}, err
	}
	if !info.Mode().IsRegular() || !ownFile(info) {
		return foundSandbox{}, fmt.Errorf("%s was not written by a sandbox of yours", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return foundSandbox{}, err
	}
	var found foundSandbox
	if json.Unmarshal(text, &found) != nil || found.NativeClientID == "" {
		return foundSandbox{}, fmt.Errorf("%s does not describe a sandbox", path)
	}
	for _, address := range []string{found.App, found.Issuer, found.Upstash, found.Control, found.rest()} {
		if !onLoopback(address) {
			return foundSandbox{}, fmt.Errorf("%s names an address that is not on this machine", path)
		}
	}
	if err := answers(ctx, found.issuer()+".well-known/openid-configuration"); err != nil {
		return foundSandbox{}, &silentSandboxError{path}
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
