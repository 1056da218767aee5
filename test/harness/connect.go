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

// Connecting is one running `bff connect --json` of the real binary.
type Connecting struct {
	*exec.Cmd
	URL    string // of the browser event
	Events chan map[string]any
	Ended  chan error
}

// NativeEmail is the account that logs in on the desktop.
const NativeEmail = "demo@example.com"

// StartConnect runs it in the fleet's home directory, without a browser and on a free port, up to the event that has
// the URL. Everything that it prints is searched for secrets when the test ends.
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
		_ = c.Process.Kill() // ended already, in most tests
		for range c.Ended {
		}
	})

	return c
}

// next is the event that comes next, which must be this one.
func (c *Connecting) next(t *testing.T, name string) map[string]any {
	t.Helper()

	select {
	case event, ok := <-c.Events:
		if !ok || event["event"] != name {
			t.Fatalf("got %v (there was one: %t), want the event %s", event, ok, name)
		}

		return event
	case <-time.After(60 * time.Second):
		t.Fatalf("no event came, want %s", name)
	}

	return nil
}

// Waits reads the events up to the one that says that it waits.
func (c *Connecting) Waits(t *testing.T) *Connecting {
	t.Helper()
	c.URL, _ = c.next(t, "browser")["url"].(string)
	c.next(t, "waiting")

	return c
}

// exits wants no further event, and an exit code.
func (c *Connecting) exits(t *testing.T, want int) {
	t.Helper()

	for event := range c.Events {
		t.Errorf("one event too many: %v", event)
	}

	select {
	case err := <-c.Ended:
		t.Logf("bff connect ended: %v", err)
	case <-time.After(60 * time.Second):
		t.Fatal("bff connect does not end")
	}

	if got := c.ProcessState.ExitCode(); got != want {
		t.Errorf("got exit code %d, want %d", got, want)
	}
}

// Connects wants it to end well, and returns the last event.
func (c *Connecting) Connects(t *testing.T) map[string]any {
	t.Helper()
	event := c.next(t, "connected")
	c.exits(t, 0)

	return event
}

// Fails wants it to end with a problem.
func (c *Connecting) Fails(t *testing.T, exit int, code string) {
	t.Helper()

	problem, _ := c.next(t, "failed")["problem"].(map[string]any)
	if problem["code"] != code || problem["title"] == "" || problem["detail"] == "" || problem["type"] == "" {
		t.Errorf("got the problem %v, want %s", problem, code)
	}
	c.exits(t, exit)
}

var hiddenField = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// LogIn is a browser whose user presses one of the login page's buttons. It returns the page that is shown at the end,
// or says that the program went away before there was one.
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

// Saved is the credential entry's file.
func (f *Fleet) Saved() string {
	return filepath.Join(f.Dir, ".local", "state", "upstash-connect", "credentials.json")
}

// Cli is the official Upstash CLI's file.
func (f *Fleet) Cli() string { return filepath.Join(f.Dir, ".config", "upstash", "config.json") }
