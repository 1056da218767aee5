package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/test/harness"
)

// openTerminal makes a pseudo-terminal: what a person types goes into keyboard, and programs read it from terminal.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()

	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })

	var number, unlocked uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlocked} {
		if _, _, failed := syscall.Syscall(
			syscall.SYS_IOCTL, keyboard.Fd(), request, uintptr(unsafe.Pointer(value)),
		); failed != 0 {
			t.Fatal(failed)
		}
	}

	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })

	return keyboard, terminal
}

// distantLogin logs the demo user in in a browser that reaches the provider and not this machine's loopback, and
// returns the address at which it is stuck.
func distantLogin(t *testing.T, address string) string {
	t.Helper()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	errStuck := errors.New("stuck")
	client := &http.Client{Jar: jar, Timeout: time.Minute}
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Query().Has("code") {
			return errStuck
		}

		return nil
	}

	form, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}

	page, err := io.ReadAll(form.Body)
	if err = errors.Join(err, form.Body.Close()); err != nil {
		t.Fatal(err)
	}

	action, csrf := harness.FormActionOf.FindSubmatch(page), harness.FormCSRFOf.FindSubmatch(page)
	if action == nil || csrf == nil {
		t.Fatalf("no form at %s", address)
	}

	target, err := form.Request.URL.Parse(html.UnescapeString(string(action[1])))
	if err != nil {
		t.Fatal(err)
	}
	fields := url.Values{
		"action": {"login"}, "csrf": {html.UnescapeString(string(csrf[1]))},
		"email": {sandbox.DemoEmail}, "password": {sandbox.DemoPassword},
	}

	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, target.String(), strings.NewReader(fields.Encode()),
	)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", target.Scheme+"://"+target.Host)

	response, err := client.Do(request)
	if response != nil {
		_ = response.Body.Close()
	}

	var stuck *url.Error
	if !errors.As(err, &stuck) || !errors.Is(err, errStuck) {
		t.Fatalf("the browser got %v", err)
	}

	return stuck.URL
}

var loginAddress = regexp.MustCompile(`^  (http://\S+/authorize\?\S+)$`)

// Over ssh, the address at which a browser elsewhere ended is pasted on the terminal; a wrong one before it changes
// nothing. No browser is opened where none could be seen.
func TestTheAddressIsPastedOnATerminal(t *testing.T) {
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
	runningSandbox(t, environ)
	harness.BinaryUsed.Store(true)

	path, err := harness.Binary()
	if err != nil {
		t.Fatal(err)
	}
	keyboard, terminal := openTerminal(t)
	home := t.TempDir()
	opened := filepath.Join(home, "opened")

	if err := os.WriteFile(filepath.Join(home, "xdg-open"), []byte("#!/bin/sh\n: >"+opened+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}

	connect := exec.CommandContext(
		context.WithoutCancel(t.Context()), path, "connect", "--sandbox", "--no-keyring", "--timeout", "1m",
	)
	connect.Env = append(environ, "HOME="+home, "PATH="+home+":/usr/bin:/bin")
	connect.Stdin = terminal

	var stdout strings.Builder
	connect.Stdout = &stdout

	stderr, err := connect.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := connect.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connect.Process.Kill() })

	var said strings.Builder
	lines := bufio.NewScanner(stderr)

	for lines.Scan() {
		_, _ = said.WriteString(lines.Text() + "\n")

		if address := loginAddress.FindStringSubmatch(lines.Text()); address != nil {
			answer := distantLogin(t, address[1])

			wrong := strings.Replace(answer, "state=", "state=not", 1)
			if _, err := keyboard.WriteString(wrong + "\n" + answer + "\n"); err != nil {
				t.Fatal(err)
			}
		}
	}

	if err := connect.Wait(); err != nil || !strings.HasPrefix(stdout.String(), "Connected "+sandbox.DemoEmail) {
		t.Errorf("ended with %v: %s%s", err, &stdout, &said)
	}

	for _, want := range []string{"Log in at this address:", "paste it here", "This address belongs to another login"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &said)
		}
	}

	if exists(opened) {
		t.Error("a browser was opened where nobody could see it")
	}
}
