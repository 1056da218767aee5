//go:build unix

package harness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Connecting is a running `bff connect --json` of the real binary.
type Connecting struct {
	*exec.Cmd
	URL    string // of the browser event
	Events chan map[string]any
	Ended  chan error
}

// NativeEmail is the account that logs in on the desktop.
const NativeEmail = "demo@example.com"

// StartConnect starts `bff connect` in the fleet's home directory, without a browser and on a free port. When the test
// ends, its output is searched for secrets.
func (f *Fleet) StartConnect(t *testing.T, arguments ...string) *Connecting {
	t.Helper()
	f.mu.Lock()
	if f.emails == nil {
		f.emails = map[string]bool{}
	}
	f.emails[NativeEmail] = true
	f.mu.Unlock()
	c := &Connecting{
		Cmd: f.Prepare(
			t,
			[]string{"BFF_NATIVE_CLIENT_ID=sandbox-native"},
			append(
				[]string{"connect", "--json", "--no-browser", "--no-keyring", "--redirect-port=0"},
				arguments...)...),
		Events: make(chan map[string]any, 16), Ended: make(chan error, 1),
	}
	c.Stderr = f.Log

	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(io.TeeReader(stdout, f.Log))
		for lines.Scan() {
			var event map[string]any
			if json.Unmarshal(lines.Bytes(), &event) != nil {
				event = map[string]any{"event": "not JSON: " + lines.Text()}
			}
			c.Events <- event
		}
		close(c.Events)
		c.Ended <- c.Wait()
		close(c.Ended)
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill() // already ended in most tests
		for range c.Ended {
		}
	})

	return c
}

// next returns the next event, which must have this name.
func (c *Connecting) next(t *testing.T, name string) map[string]any {
	t.Helper()

	select {
	case event, ok := <-c.Events:
		if !ok || event["event"] != name {
			t.Fatalf("got %v (received: %t), want the event %s", event, ok, name)
		}

		return event
	case <-time.After(60 * time.Second):
		t.Fatalf("no event came, want %s", name)
	}

	return nil
}

// Waits reads the events up to "waiting".
func (c *Connecting) Waits(t *testing.T) *Connecting {
	t.Helper()
	c.URL, _ = c.next(t, "browser")["url"].(string)
	c.next(t, "waiting")

	return c
}

// exits checks that no further event comes, and the exit code.
func (c *Connecting) exits(t *testing.T, want int) {
	t.Helper()

	for event := range c.Events {
		t.Errorf("unexpected event: %v", event)
	}

	select {
	case err := <-c.Ended:
		t.Logf("bff connect ended: %v", err)
	case <-time.After(60 * time.Second):
		t.Fatal("bff connect did not end")
	}

	if got := c.ProcessState.ExitCode(); got != want {
		t.Errorf("got exit code %d, want %d", got, want)
	}
}

// Connects checks that it succeeds, and returns the last event.
func (c *Connecting) Connects(t *testing.T) map[string]any {
	t.Helper()
	event := c.next(t, "connected")
	c.exits(t, 0)

	return event
}

// Fails checks that it ends with this problem and exit code.
func (c *Connecting) Fails(t *testing.T, exit int, code string) {
	t.Helper()

	problem, _ := c.next(t, "failed")["problem"].(map[string]any)
	if problem["code"] != code || problem["title"] == "" || problem["detail"] == "" || problem["type"] == "" {
		t.Errorf("got the problem %v, want %s", problem, code)
	}
	c.exits(t, exit)
}

var hiddenField = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// LogIn opens the login page as a browser does and presses one of its buttons. It returns the final page, or an error
// text if the program ended before serving one.
func (c *Connecting) LogIn(t *testing.T, button string) string {
	t.Helper()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	user := &http.Client{Jar: jar, Timeout: time.Minute}

	response, err := user.Get(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)

	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the login page: got %d, %v", response.StatusCode, err)
	}

	form := url.Values{"email": {NativeEmail}, "password": {"demo-password"}, "action": {button}}
	for _, field := range hiddenField.FindAllStringSubmatch(string(page), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	response, err = user.Do(request)
	if err != nil {
		return fmt.Sprintf("no page: %v", err)
	}

	defer func() { _ = response.Body.Close() }()
	shown, _ := io.ReadAll(response.Body)

	return string(shown)
}

// CredentialFile is the path of the credential file.
func (f *Fleet) CredentialFile() string {
	return filepath.Join(f.Dir, ".local", "state", "upstash-connect", "credentials.json")
}

// CLIFile is the path of the official Upstash CLI's file.
func (f *Fleet) CLIFile() string { return filepath.Join(f.Dir, ".config", "upstash", "config.json") }
