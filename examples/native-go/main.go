// Command native-go is an example of a program with its own window, or none, that lets bff connect an Upstash
// account: it starts `bff connect --json`, shows its progress, and then lists the account's databases. It never
// sees a key.
//
// Arguments go to `bff connect`: go run ./examples/native-go --sandbox. $BFF names the binary; the default is bff on
// the PATH.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()

	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	connected, err := connect(ctx, arguments)
	if err != nil {
		return err
	}
	fmt.Printf(
		"connected as %s; the key %s is saved in the %s\n", connected.Email, connected.KeyName, connected.SavedIn,
	)

	for _, key := range connected.LeftoverKeys {
		fmt.Printf("please delete the key %s at %s\n", key.Name, key.ConsoleURL)
	}

	names, err := databases(ctx, slices.Contains(arguments, "--sandbox"))
	if err != nil {
		return err
	}
	fmt.Printf("%d databases %v\n", len(names), names)

	return nil
}

// event is one line of `bff connect --json`. Fields that an event does not have are empty. Events and fields may be
// added, so unknown ones are ignored.
type event struct {
	Event        string   `json:"event"`
	URL          string   `json:"url"`
	Email        string   `json:"email"`
	KeyName      string   `json:"key_name"`
	SavedIn      string   `json:"saved_in"`
	Reused       bool     `json:"reused"`
	LeftoverKeys []key    `json:"leftover_keys"`
	Problem      *problem `json:"problem"`
}

type key struct {
	Name       string `json:"name"`
	ConsoleURL string `json:"console_url"`
}

// problem has the reason of a failure: show Title and Detail, decide by Code.
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

func (p *problem) Error() string { return fmt.Sprintf("%s: %s (%s)", p.Title, p.Detail, p.Code) }

// connect runs bff until the account is connected. When ctx ends, it interrupts bff, which leaves nothing behind.
func connect(ctx context.Context, arguments []string) (event, error) {
	command := bff(ctx, append([]string{"connect", "--json"}, arguments...)...)

	stdout, err := command.StdoutPipe()
	if err != nil {
		return event{}, err
	}

	if err := command.Start(); err != nil {
		return event{}, err
	}
	var last event

	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			continue
		}

		switch e.Event {
		case "browser": // bff has opened it already, unless --no-browser was given
			fmt.Println("log in at", e.URL)
		case "waiting":
			fmt.Println("waiting for the browser")
		case "connected", "failed":
			last = e
		}
	}

	err = errors.Join(lines.Err(), command.Wait())
	switch {
	case last.Event == "connected":
		return last, nil
	case last.Problem != nil:
		return event{}, last.Problem
	case ctx.Err() != nil:
		return event{}, errors.New("cancelled")
	}

	return event{}, fmt.Errorf("bff connect exited without a result: %w", err)
}

// databases are the names of the account's databases.
func databases(ctx context.Context, sandbox bool) ([]string, error) {
	command := []string{"databases", "list", "--json"}
	if sandbox {
		command = append(command, "--sandbox")
	}

	output, err := bff(ctx, command...).Output()
	if err != nil {
		return nil, err
	}

	var answer struct {
		Databases []struct {
			Name string `json:"name"`
		} `json:"databases"`
	}
	if err := json.Unmarshal(output, &answer); err != nil {
		return nil, err
	}

	names := []string{}
	for _, database := range answer.Databases {
		names = append(names, database.Name)
	}

	return names, nil
}

func bff(ctx context.Context, arguments ...string) *exec.Cmd {
	binary := os.Getenv("BFF")
	if binary == "" {
		binary = "bff"
	}
	command := exec.CommandContext(ctx, binary, arguments...) //nolint:gosec // program and arguments are the user's own
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second

	return command
}
