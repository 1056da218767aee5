package main

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

// operationRun is one run of an operation's command.
type operationRun struct {
	program
	nativeFlags
	called *operation.Operation
	env    bool            // print lines for a .env file
	named  []string        // the arguments
	call   proxy.Call      // what is sent; Confirmed is set if the command line has it
	given  map[string]bool // flags of the command line
}

// operation returns the command of one operation. Everything in it follows the catalogue.
func (p program) operation(called *operation.Operation, offered offered) *cobra.Command {
	o := operationRun{program: p, called: called, given: map[string]bool{}}
	names, words := argumentNames(called), commandWords(called)

	command := &cobra.Command{
		Use:     strings.Join(append(words[len(words)-1:], names...), " "),
		Short:   called.Summary + offered.mark(called),
		Long:    longOf(called),
		Example: exampleOf(called),
		Args:    terminal.NoArgs,
		RunE: func(command *cobra.Command, arguments []string) error {
			o.named = arguments
			o.given["idempotency-key"] = command.Flags().Changed("idempotency-key")
			o.given["confirm"] = command.Flags().Changed("confirm")

			sent, err := sentBy(command.Flags(), called)
			if err != nil {
				return err
			}
			o.call.Operation, o.call.Sent = called, sent

			return o.run(command.Context())
		},
	}
	if len(names) > 0 {
		command.Args = terminal.Args(names...)
		command.ValidArgsFunction = o.complete(&o.nativeFlags)
	}
	o.add(command)

	return command
}

// add adds the flags: those of the operation's fields, and those that its effect and tier need.
func (o *operationRun) add(command *cobra.Command) {
	set, called := command.Flags(), o.called
	addFields(command, called)
	o.nativeFlags.add(command)

	if called.Effect.Writes() {
		set.StringVar(&o.call.Key, "idempotency-key", "",
			"1 to 255 visible characters; a repeat with the same key reports the outcome of the first call")
	}

	if called.Tier == operation.Guarded {
		of := targetOf(called)
		set.StringVar(&o.call.Confirmed, "confirm", "", "the "+identityOf(of)+" of the "+of.Noun+", repeated")
	}

	if called.Effect == operation.Reveal && hasVariables(called) {
		set.BoolVar(&o.env, "env", false, "print lines for a .env file")
	}
}

// run checks everything that can be checked on this machine, and then calls the operation.
func (o *operationRun) run(ctx context.Context) error {
	if o.env && o.json {
		return terminal.NewUsageError(errors.New("--env and --json cannot be combined"))
	}

	if o.given["idempotency-key"] {
		if err := api.CheckIdempotencyKey(o.call.Key); err != nil {
			return fail(err, o.nativeFlags)
		}
	} else if o.called.Effect.Writes() {
		o.call.Key = rand.Text()
	}

	return o.withSettings(ctx, o.nativeFlags, func(ctx context.Context, settings *desktop.Settings) error {
		if err := offeredBy(settings.Config).check(o.called); err != nil {
			return err
		}

		if fields := o.called.Check(o.called.Complete(o.call.Sent), operation.Policy{}); len(fields) > 0 {
			return o.failure(&proxy.ValidationError{Fields: fields})
		}

		if err := o.checkConfirmable(); err != nil {
			return err
		}

		return withOpened(ctx, settings, desktop.RequireKey, o.send)
	})
}

// send finds the named resources, asks for a confirmation where one is needed, and calls the operation.
func (o *operationRun) send(ctx context.Context, d *desktop.Desktop) (err error) {
	finder := finder{desktop: d, offered: offeredBy(d.Config)}

	if len(o.named) > 0 {
		if o.call.ID, err = finder.find(ctx, targetOf(o.called), "", o.named[0]); err != nil {
			return o.failure(err)
		}
	}

	if len(o.named) > 1 {
		part := partOf(targetOf(o.called))
		if o.call.BackupID, err = finder.find(ctx, part, o.call.ID, o.named[1]); err != nil {
			return o.failure(err)
		}
	}

	if err := o.confirm(ctx, d); err != nil {
		return err
	}

	result, err := d.Databases.Run(ctx, proxy.Caller{Account: d.Account}, o.call)
	if err != nil {
		return o.failure(err)
	}

	return o.print(result, finder.offered)
}
