package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/proxy"
)

type createFlags struct {
	nativeFlags
	request  proxy.CreateRequest
	budget   int64
	eviction bool
	key      string
}

func (p program) createDatabase() *cobra.Command {
	var flags createFlags
	command := &cobra.Command{
		Use:   "create --name NAME --region REGION [--read-region REGION]...",
		Short: "Create a Redis database",
		Long: `If Upstash's response is lost, the command exits with code 4 and prints an idempotency key. Run the same command
with --idempotency-key to learn the outcome; for one day this creates no second database. Pass your own key
to be safe even if the command itself is killed.

With --json it prints the response body of the API's POST /databases, on one line.

Regions:
` + regionList(),
		Example: `  bff databases create --name orders --region eu-west-1
  bff databases create --name orders --region us-east-1 \
    --read-region us-west-1 --read-region eu-west-1
  bff databases create --name orders --region eu-west-1 --plan free \
    --idempotency-key orders-1 --json`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if !command.Flags().Changed("idempotency-key") {
				flags.key = rand.Text()
			}

			if command.Flags().Changed("budget") {
				flags.request.Budget = &flags.budget
			}

			if command.Flags().Changed("eviction") {
				flags.request.Eviction = &flags.eviction
			}

			return p.runCreateDatabase(command.Context(), flags)
		},
	}
	set := command.Flags()
	set.StringVar(&flags.request.Name, "name", "",
		"1 to 64 letters, digits, _ or -, starting with a letter or digit (required)")
	set.StringVar(&flags.request.PrimaryRegion, "region", "", "region of the primary (required)")
	set.StringArrayVar(&flags.request.ReadRegions, "read-region", nil,
		"region of a read replica on the same platform; can be repeated")
	set.StringVar(&flags.request.Plan, "plan", "", "plan (default: depends on the account)")
	set.Int64Var(&flags.budget, "budget", 0, "monthly budget, in Upstash's unit")
	set.BoolVar(&flags.eviction, "eviction", false, "evict keys when the database is full")
	set.StringVar(&flags.key, "idempotency-key", "",
		"1 to 255 visible characters; the same key never creates a second database")
	flags.add(command)
	completeCatalog(command)

	return command
}

func (p program) runCreateDatabase(ctx context.Context, flags createFlags) error {
	if err := api.CheckIdempotencyKey(flags.key); err != nil {
		return fail(err, flags.nativeFlags)
	}

	return p.withDesktop(ctx, flags.nativeFlags, func(ctx context.Context, d *desktop.Desktop) error {
		database, replayed, err := d.Databases.Create(ctx, d.Account, flags.key, d.Databases.Validate(flags.request))
		if err != nil {
			return createFailure(err, flags)
		}

		return p.printCreated(api.DatabaseOf(database), replayed, flags.nativeFlags)
	})
}

// createFailure names flags instead of the API's fields and headers. It names the key only if that helps.
func createFailure(err error, flags createFlags) error {
	var (
		uncertain *proxy.UncertainError
		busy      *proxy.CreateBusyError
		failed    *failure
	)
	if !errors.As(fail(err, flags.nativeFlags), &failed) {
		return err
	}

	for i, fault := range failed.problem.Errors {
		if flag := flagOf(fault.Pointer); flag != "" && !flags.json {
			failed.problem.Errors[i].Pointer = flag
		}
	}

	switch {
	case len(failed.problem.Errors) > 0:
		failed.problem.Detail = "Correct these values; bff databases create --help lists the valid ones."
	case errors.As(err, &uncertain):
		failed.problem.Detail = fmt.Sprintf(
			"bff sent the create, but Upstash's response was lost. Run the same command again in %s with --idempotency-key %s to learn the outcome; it creates no second database.",
			time.Duration(failed.problem.RetryAfter)*time.Second,
			flags.key,
		)
		failed.problem.IdempotencyKey = flags.key
	case errors.As(err, &busy):
		failed.problem.Detail = "Another create with this key or name is in progress. Try again shortly."
	}

	return failed
}

// flagOf returns the flag that sets a field.
func flagOf(pointer string) string {
	field, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")

	return map[string]string{
		"name": "--name", "primary_region": "--region", "read_regions": "--read-region", "plan": "--plan", "budget": "--budget",
	}[field]
}

func (p program) printCreated(answer api.DatabaseResponse, replayed bool, flags nativeFlags) error {
	if flags.json {
		return terminal.WriteJSON(p.stdout, answer)
	}

	what := "Created"
	if replayed {
		what = "Already created with this --idempotency-key:"
	}

	if err := terminal.Print(p.stdout, what+" "+terminal.Sanitize(answer.Name)+"."); err != nil {
		return err
	}

	var fields [][]string
	for _, field := range databaseFields(answer) {
		fields = append(fields, []string{"  " + field[0], field[1]})
	}

	if err := terminal.Fields(p.stdout, fields); err != nil {
		return err
	}

	return terminal.Print(p.stdout, "Password and tokens:\n\n  "+
		flags.command("databases credentials")+" "+shellWord(terminal.Sanitize(answer.Name)))
}
