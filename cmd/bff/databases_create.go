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
		Long: `Create a Redis database, once. If the answer is lost on the way, the command ends with exit code 4 and names an
--idempotency-key: run the same again with it to learn what became of it. No second database is made by that, for a day. With
your own key, the same holds whatever happens to the command. With --json the new database is printed as the API's
POST /databases answers it, in one line.

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
		"name: 1 to 64 letters, digits, _ or -, starting with a letter or digit (required)")
	set.StringVar(&flags.request.PrimaryRegion, "region", "", "region of the primary (required)")
	set.StringArrayVar(&flags.request.ReadRegions, "read-region", nil,
		"region of a read replica, on the same platform; may be repeated")
	set.StringVar(&flags.request.Plan, "plan", "", "plan (default: by the kind of account)")
	set.Int64Var(&flags.budget, "budget", 0, "monthly budget, in Upstash's unit")
	set.BoolVar(&flags.eviction, "eviction", false, "evict keys when the database is full")
	set.StringVar(&flags.key, "idempotency-key", "",
		"same key, same database: 1 to 255 visible characters, one per database")
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

// createFailure speaks of flags where the API speaks of fields and headers. Only where the key matters it is named.
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
		failed.problem.Detail = "Correct what is named; bff databases create --help lists what can be taken."
	case errors.As(err, &uncertain):
		failed.problem.Detail = fmt.Sprintf(
			"The create was sent and Upstash's answer was lost. Run the same again in %s with --idempotency-key %s to learn what became of it; that makes no second database.",
			time.Duration(failed.problem.RetryAfter)*time.Second,
			flags.key,
		)
		failed.problem.IdempotencyKey = flags.key
	case errors.As(err, &busy):
		failed.problem.Detail = "A create with this key, or of this name, is under way. Try again shortly."
	}

	return failed
}

// flagOf is the flag that a field is given with.
func flagOf(pointer string) string {
	field, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")

	return map[string]string{
		"name": "--name", "primary_region": "--region", "read_regions": "--read-region", "plan": "--plan", "budget": "--budget",
	}[field]
}

func (p program) printCreated(answer api.DatabaseAnswer, replayed bool, flags nativeFlags) error {
	if flags.json {
		return terminal.WriteJSON(p.stdout, answer)
	}

	what := "Created"
	if replayed {
		what = "Was created before, with the same --idempotency-key:"
	}

	if err := terminal.Say(p.stdout, what+" "+terminal.Plain(answer.Name)+"."); err != nil {
		return err
	}

	var fields [][]string
	for _, field := range databaseFields(answer) {
		fields = append(fields, []string{"  " + field[0], field[1]})
	}

	if err := terminal.Fields(p.stdout, fields); err != nil {
		return err
	}

	return terminal.Say(p.stdout, "Password and tokens:\n\n  "+
		flags.command("databases credentials")+" "+shellWord(terminal.Plain(answer.Name)))
}
