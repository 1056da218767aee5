//go:build unix

package main

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

// connecting is one running `bff connect --json` of the real binary.
type connecting struct {
	*exec.Cmd
	url    string // of the browser event
	events chan map[string]any
	ended  chan error
}

const nativeEmail = "demo@example.com"

// startConnect runs it in the fleet's home directory, without a browser and on a free port, up to the event that has the URL. Everything that
// it prints is searched for secrets when the test ends.
func (f *fleet) startConnect(t *testing.T, arguments ...string) *connecting {
	t.Helper()
	f.mu.Lock()
	if f.emails == nil {
		f.emails = map[string]bool{}
	}
	f.emails[nativeEmail] = true
	f.mu.Unlock()
	c := &connecting{
		Cmd: f.prepare(t, []string{"BFF_NATIVE_CLIENT_ID=sandbox-native"},
			append([]string{"connect", "--json", "--no-browser", "--no-keyring", "--redirect-port=0"}, arguments...)...),
		events: make(chan map[string]any, 16), ended: make(chan error, 1),
	}
	c.Stderr = f.log
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(io.TeeReader(stdout, f.log))
		for lines.Scan() {
			var event map[string]any
			if json.Unmarshal(lines.Bytes(), &event) != nil {
				event = map[string]any{"event": "not JSON: " + lines.Text()}
			}
			c.events <- event
		}
		close(c.events)
		c.ended <- c.Wait()
		close(c.ended)
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill() // ended already, in most tests
		for range c.ended {
		}
	})
	return c
}

// next is the event that comes next, which must be this one.
func (c *connecting) next(t *testing.T, name string) map[string]any {
	t.Helper()
	select {
	case event, ok := <-c.events:
		if !ok || event["event"] != name {
			t.Fatalf("got %v (there was one: %t), want the event %s", event, ok, name)
		}
		return event
	case <-time.After(60 * time.Second):
		t.Fatalf("no event came, want %s", name)
	}
	return nil
}

// waits reads the events up to the one that says that it waits.
func (c *connecting) waits(t *testing.T) *connecting {
	t.Helper()
	c.url, _ = c.next(t, "browser")["url"].(string)
	c.next(t, "waiting")
	return c
}

// exits wants no further event, and an exit code.
func (c *connecting) exits(t *testing.T, want int) {
	t.Helper()
	for event := range c.events {
		t.Errorf("one event too many: %v", event)
	}
	select {
	case err := <-c.ended:
		t.Logf("bff connect ended: %v", err)
	case <-time.After(60 * time.Second):
		t.Fatal("bff connect does not end")
	}
	if got := c.ProcessState.ExitCode(); got != want {
		t.Errorf("got exit code %d, want %d", got, want)
	}
}

// connects wants it to end well, and returns the last event.
func (c *connecting) connects(t *testing.T) map[string]any {
	t.Helper()
	event := c.next(t, "connected")
	c.exits(t, 0)
	return event
}

// fails wants it to end with a problem.
func (c *connecting) fails(t *testing.T, exit int, code string) {
	t.Helper()
	problem, _ := c.next(t, "failed")["problem"].(map[string]any)
	if problem["code"] != code || problem["title"] == "" || problem["detail"] == "" || problem["type"] == "" {
		t.Errorf("got the problem %v, want %s", problem, code)
	}
	c.exits(t, exit)
}

var hiddenField = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// logIn is a browser whose user presses one of the log-in page's buttons. It returns the page that is shown at the end, or says that the
// program went away before there was one.
func (c *connecting) logIn(t *testing.T, button string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	user := &http.Client{Jar: jar, Timeout: time.Minute}
	response, err := user.Get(c.url)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the log-in page: got %d, %v", response.StatusCode, err)
	}
	form := url.Values{"email": {nativeEmail}, "password": {"demo-password"}, "action": {button}}
	for _, field := range hiddenField.FindAllStringSubmatch(string(page), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader(form.Encode()))
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

// saved is the credential entry's file.
func (f *fleet) saved() string {
	return filepath.Join(f.dir, ".local", "state", "upstash-connect", "credentials.json")
}

// cli is the official Upstash CLI's file.
func (f *fleet) cli() string { return filepath.Join(f.dir, ".config", "upstash", "config.json") }
