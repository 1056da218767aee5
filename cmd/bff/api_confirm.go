package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/problem"
)

const destroys = "may delete data, invalidate credentials or change who has access"

// checkConfirmable rejects a call that somebody has to confirm where nobody can.
func (p program) checkConfirmable(call desktop.APICall, flags apiFlags) error {
	if flags.yes || !call.Destroys() {
		return nil
	}

	why := ""
	switch {
	case p.stdin == nil:
		why = "standard input is not a terminal"
	case flags.readsInput():
		why = "standard input is used for data"
	case flags.json:
		why = "--json asks no questions"
	default:
		return nil
	}

	return terminal.NewUsageError(fmt.Errorf(
		"%s %s, and nobody can confirm it here: %s. Nothing was sent; add --yes to send it", call, destroys, why,
	))
}

// confirm asks a person whether to send a call that destroys something.
func (p program) confirm(ctx context.Context, d *desktop.Desktop, call desktop.APICall, flags apiFlags) error {
	if flags.yes || !call.Destroys() {
		return nil
	}

	err := terminal.Printf(
		p.stderr, "warning: %s %s. It is sent to %s for the account %s, and bff cannot undo it.",
		call, destroys, terminal.Sanitize(d.UpstashURL()), terminal.Sanitize(d.Email()),
	)
	if err != nil {
		return err
	}

	line, err := p.ask(ctx, "Send it? [y/N] ")
	if err != nil {
		return err
	}

	switch strings.ToLower(line) {
	case "y", "yes":
		return nil
	}

	return problem.New(problem.Interrupted, "You did not confirm the call. Nothing was sent.")
}

// ask asks a person on the terminal, and returns the line without the spaces around it. No answer is an empty one.
func (p program) ask(ctx context.Context, question string) (string, error) {
	if _, err := io.WriteString(p.stderr, question); err != nil {
		return "", err
	}
	answer := make(chan string, 1)

	go func() {
		line, _ := bufio.NewReader(p.stdin).ReadString('\n') // an unreadable answer is an empty one
		answer <- line
	}()

	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line := <-answer:
		return strings.TrimSpace(line), nil
	}
}
