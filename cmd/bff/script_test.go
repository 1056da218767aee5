//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/upstash-connect/bff/test/harness"
)

// TestMain lets this binary be bff itself, and a browser, when it is started under their names: scripts run the real
// program in processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(harness.Suite{M: m}, map[string]func(){"bff": main, "xdg-open": scriptedBrowser})
}

// TestScripts runs command lines and compares what they print, in testdata/script. Each script has its own home
// directory and running sandbox; none sees a keyring.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: setUpScript,
		Cmds:  scriptCommands(),
		Condition: func(name string) (bool, error) {
			if name != "bus" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			_, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())) // found without an address

			return err == nil, nil
		},
	})
}

func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"control": scriptControl, "exits": scriptExits, "field": scriptField, "nosecret": scriptNoSecret,
	}
}

// setUpScript starts a sandbox that bff finds automatically.
func setUpScript(e *testscript.Env) error {
	for name, directory := range map[string]string{
		"HOME": "home", "XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config", "BROWSER_DIR": "browser",
	} {
		path := filepath.Join(e.WorkDir, directory)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
		e.Setenv(name, path)
	}
	// no keyring of anyone who runs the tests
	e.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(e.WorkDir, "none"))
	// a desktop, whose browser is scriptedBrowser
	e.Setenv("DISPLAY", ":0")
	e.Setenv("GORACE", harness.RaceSettings)
	ready, lines := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())

	ended := make(chan int, 1)
	go func() {
		code := run(ctx, []string{
			"sandbox",
			"--data-dir",
			filepath.Join(e.WorkDir, "sandbox"),
			"--listen",
			"127.0.0.1:0",
			"--issuer-listen",
			"127.0.0.1:0",
			"--upstash-listen",
			"127.0.0.1:0",
			"--control-listen",
			"127.0.0.1:0",
			"--redis-listen",
			"127.0.0.1:0",
		}, []string{"XDG_RUNTIME_DIR=" + e.Getenv("XDG_RUNTIME_DIR")}, lines, io.Discard)
		_ = lines.Close()
		ended <- code
	}()
	e.Defer(func() { stop(); <-ended })

	var line readyLine

	if err := json.NewDecoder(ready).Decode(&line); err != nil {
		return fmt.Errorf("the sandbox did not start: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, ready) }()
	e.Setenv("CONTROL", line.Control)
	_, port, _ := strings.Cut(line.App, "localhost:")
	e.Setenv("SANDBOX_STATE", filepath.Join(e.Getenv("XDG_STATE_HOME"), "upstash-connect", "sandbox-"+port))

	return nil
}

// scriptControl is `control METHOD PATH [BODY]`: it calls the sandbox's control listener, and prints the response.
func scriptControl(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: control METHOD PATH [BODY]")
	}

	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	request, err := http.NewRequestWithContext(
		context.Background(), args[0], ts.Getenv("CONTROL")+args[1], strings.NewReader(body),
	)
	ts.Check(err)

	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	ts.Check(err)

	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)

	_, _ = ts.Stdout().Write(answer)
	if response.StatusCode >= 300 {
		ts.Fatalf("control %s %s: %s", args[0], args[1], response.Status)
	}
}

// scriptExits is `exits CODE COMMAND...`: the command ends with exactly this code.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	command := exec.CommandContext(ctx, path, args[2:]...)
	command.Dir, command.Env = ts.Getenv("WORK"), scriptEnviron(ts)
	command.Stdout, command.Stderr = ts.Stdout(), ts.Stderr()

	_ = command.Run()
	if got := command.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%s ended with exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// scriptEnviron is the script's environment, as far as bff and the browser read it.
func scriptEnviron(ts *testscript.TestScript) []string {
	var environ []string
	for _, name := range []string{
		"PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "GORACE",
		"BROWSER_DIR", "BROWSER_DOES", "TMPDIR", "BFF", "BFF_APP_NAEM", "BFF_ALLOW_OPERATIONS",
		"BFF_ALLOWED_PLANS",
	} {
		if value := ts.Getenv(name); value != "" {
			environ = append(environ, name+"="+value)
		}
	}

	return environ
}

// scriptField is `field NAME PATH`: it takes a value out of the JSON that was printed last, such as databases.0.id,
// into a variable.
func scriptField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field NAME PATH")
	}
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &value))

	for part := range strings.SplitSeq(args[1], ".") {
		switch held := value.(type) {
		case map[string]any:
			value = held[part]
		case []any:
			index, err := strconv.Atoi(part)
			if err != nil || index >= len(held) {
				ts.Fatalf("no element %s", part)
			}
			value = held[index]
		default:
			ts.Fatalf("no %s in %v", args[1], value)
		}
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// scriptNoSecret is `nosecret EMAIL`: nothing that was printed last holds a developer key of the account.
func scriptNoSecret(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nosecret EMAIL")
	}
	printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	response, err := http.Get(ts.Getenv("CONTROL") + "/accounts/" + args[0])
	ts.Check(err)

	defer func() { _ = response.Body.Close() }()
	var account harness.StandInAccount
	ts.Check(json.NewDecoder(response.Body).Decode(&account))

	if len(account.Keys) == 0 {
		ts.Fatalf("%s has no key that could be printed", args[0])
	}

	for _, key := range account.Keys {
		if strings.Contains(printed, key.Secret) {
			ts.Fatalf("the developer key was printed")
		}
	}
}
