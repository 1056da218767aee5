package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
)

// needsConfirmation reports whether the resource's name must be repeated and the command line does not have it.
func (o *operationRun) needsConfirmation() bool {
	return o.called.Tier == operation.Guarded && !o.given["confirm"]
}

// checkConfirmable rejects a call that somebody has to confirm where nobody can.
func (o *operationRun) checkConfirmable() error {
	if !o.needsConfirmation() {
		return nil
	}

	why := ""
	switch {
	case o.stdin == nil:
		why = "standard input is not a terminal"
	case o.json:
		why = "--json asks no questions"
	default:
		return nil
	}

	return terminal.NewUsageError(fmt.Errorf(
		"`bff %s` needs a confirmation, and nobody can confirm it here: %s. Nothing was sent; add --confirm with the %s "+
			"of the %s to send it", commandOf(o.called), why, identityOf(targetOf(o.called)), targetOf(o.called).Noun,
	))
}

// confirm asks a person to type the resource's name. The runner compares it with the name at Upstash before it sends
// the call.
func (o *operationRun) confirm(ctx context.Context, d *desktop.Desktop) error {
	if !o.needsConfirmation() {
		return nil
	}
	of := targetOf(o.called)

	err := terminal.Printf(
		o.stderr, "warning: This calls %s on the %s %s of the account %s. %s", o.called.Name, of.Noun,
		terminal.Sanitize(o.named[0]), terminal.Sanitize(d.Email()), detailOf(o.called),
	)
	if err != nil {
		return err
	}

	o.call.Confirmed, err = o.ask(ctx, fmt.Sprintf("Type the %s of the %s to confirm: ", identityOf(of), of.Noun))
	if err != nil {
		return err
	}

	if o.call.Confirmed == "" {
		return problem.New(problem.Interrupted, "You did not confirm the call. Nothing was sent.")
	}

	return nil
}

// identityOf returns what a confirmation repeats.
func identityOf(of *operation.Resource) string {
	if of.Object.NameField == "" {
		return "ID"
	}

	return "name"
}

// detailOf returns the description of an operation, with the command instead of the operation that reveals secrets.
func detailOf(called *operation.Operation) string {
	reveal, found := revealOf(called.On)
	if !found {
		return called.Detail
	}

	return strings.ReplaceAll(called.Detail, reveal.Name, "bff "+commandOf(reveal))
}

// revealOf returns the operation that reveals the secrets of a kind of resource.
func revealOf(of *operation.Resource) (*operation.Operation, bool) {
	for _, called := range operation.All() {
		if called.On == of && called.Effect == operation.Reveal {
			return called, true
		}
	}

	return nil, false
}
