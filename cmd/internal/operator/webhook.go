package operator

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
)

func (p Program) webhooks() *cobra.Command {
	return terminal.Group("webhooks", "Manage webhooks: events that services receive",
		p.webhookList(), p.webhookResend(), p.webhookSet(), p.webhookRemove(), p.webhookRotate(), p.webhookGenerate())
}

// sealing are the settings of commands that seal a secret.
func sealing() []string { return []string{"KEYSET", "KEYSET_KEK", "VAULT_TOKEN"} }

// onOutbox makes a command work on the outbox. sealed: it also needs the keyset.
func (p Program) onOutbox(
	command *cobra.Command, flags *operatorFlags, sealed bool,
	work func(ctx context.Context, endpoints webhook.Endpoints, args []string) error,
) *cobra.Command {
	config.AddDatabaseFlags(command.Flags())

	if sealed {
		config.AddFlags(command.Flags(), sealing()...)
	}
	command.RunE = func(command *cobra.Command, args []string) (err error) {
		defer func() { err = p.Fail(err, flags.json) }()

		endpoints, closeStore, err := p.openOutbox(command, sealed)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeStore()) }()

		return work(command.Context(), endpoints, args)
	}

	return command
}

func (p Program) openOutbox(command *cobra.Command, sealed bool) (webhook.Endpoints, func() error, error) {
	var endpoints webhook.Endpoints

	if sealed {
		sealer, err := p.Sealer(command.Flags())
		if err != nil {
			return webhook.Endpoints{}, nil, err
		}
		endpoints.Sealer = sealer
	}

	address, err := config.Database(command.Flags(), p.Environ)
	if err != nil {
		return webhook.Endpoints{}, nil, err
	}

	database, err := db.OpenExisting(command.Context(), db.Options{URL: address.Reveal()})
	if err != nil {
		return webhook.Endpoints{}, nil, err
	}
	endpoints.Store = database

	return endpoints, database.Close, nil
}

// printSecret prints only the secret on standard output, and a note about it on standard error.
func (p Program) printSecret(text secret.Text, words string, values ...any) error {
	return p.printToken(text, words, values...)
}

func (p Program) webhookSet() *cobra.Command {
	var flags operatorFlags

	return p.onOutbox(&cobra.Command{
		Use:   "set SERVICE URL",
		Short: "Set the URL to which a service's events are sent",
		Long: `A service without a URL gets a signing secret too, which is printed once, with nothing else on standard output.
The URL must be https, except on loopback, and its host must have a public address, unless
BFF_WEBHOOK_ALLOWED_NETWORKS on the servers allows it. For your own product, set BFF_WEBHOOK_URL instead.`,
		Example: "  bff webhooks set shop https://shop.example/upstash/webhooks > shop-secret",
		Args:    terminal.Args("SERVICE", "URL"),
	}, &flags, true, func(ctx context.Context, endpoints webhook.Endpoints, args []string) error {
		added, err := endpoints.Set(ctx, args[0], args[1])
		if err != nil {
			return err
		}

		if added.IsZero() {
			return terminal.Printf(p.Stderr, "Changed the webhook URL of %s. Its secret stays.", args[0])
		}

		return p.printSecret(added, "Set the webhook URL of %s. The secret is not shown again.", args[0])
	})
}

func (p Program) webhookRemove() *cobra.Command {
	var flags operatorFlags

	return p.onOutbox(&cobra.Command{
		Use:   "remove SERVICE",
		Short: "Stop sending a service's events",
		Long: `Events that are not delivered yet are not sent. bff listen can still read them for 72 hours.
Before you remove the one of self, unset BFF_WEBHOOK_URL: a server with it adds it again when it starts.`,
		Example: "  bff webhooks remove shop",
		Args:    terminal.Args("SERVICE"),
	}, &flags, false, func(ctx context.Context, endpoints webhook.Endpoints, args []string) error {
		if err := endpoints.Remove(ctx, args[0]); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.Stdout, "Removed the webhook URL of %s.\n", args[0])

		return err
	})
}

func (p Program) webhookRotate() *cobra.Command {
	var (
		flags   operatorFlags
		overlap span
	)
	command := &cobra.Command{
		Use:   "rotate-secret SERVICE",
		Short: "Replace the secret that signs a service's events",
		Long: `Prints the new secret once, with nothing else on standard output. Until the overlap ends, each event has a
signature of both secrets, so that the service can change to the new one without rejecting an event.`,
		Example: "  bff webhooks rotate-secret shop --overlap 24h > shop-secret",
		Args:    terminal.Args("SERVICE"),
	}
	command.Flags().Var(&overlap, "overlap",
		"how long the earlier secret still signs, at most 30d (required; 0s ends it now)")
	_ = command.MarkFlagRequired("overlap")

	return p.onOutbox(command, &flags, true,
		func(ctx context.Context, endpoints webhook.Endpoints, args []string) error {
			added, err := endpoints.Rotate(ctx, args[0], overlap.Duration)
			if err != nil {
				return err
			}

			return p.printSecret(added, "Replaced the webhook secret of %s. The new one is not shown again.", args[0])
		})
}

func (p Program) webhookGenerate() *cobra.Command {
	return &cobra.Command{
		Use:   "generate-secret",
		Short: "Generate a secret for the webhooks of your own backend",
		Long: `Prints a new secret and stores nothing. A server signs with it if it is in BFF_WEBHOOK_SECRET, or in the file that
BFF_WEBHOOK_SECRET_FILE names. To replace a secret, append a new one to the file on its own line, restart the
server, update your backend, and remove the old line.`,
		Example: `  (umask 077; bff webhooks generate-secret >> webhook-secret)
  export BFF_WEBHOOK_SECRET_FILE=webhook-secret
  export BFF_WEBHOOK_URL=https://app.example.com/upstash/webhooks`,
		Args: terminal.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return p.printSecret(webhook.NewSecret(),
				"Store the secret in a file that only the server and your backend can read (BFF_WEBHOOK_SECRET_FILE).")
		},
	}
}

// deliveryFlags select deliveries.
type deliveryFlags struct {
	service, state string
	failed         bool
}

func (f *deliveryFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.service, "service", "", "only events of this service")
}

// deliveryLine is one delivery in --json output.
type deliveryLine struct {
	ID          string        `json:"id"`
	ServiceID   string        `json:"service_id"`
	GrantID     string        `json:"grant_id"`
	Type        webhook.Type  `json:"type"`
	Sequence    int64         `json:"sequence"`
	At          moment        `json:"at"`
	State       webhook.State `json:"state"`
	Attempts    int           `json:"attempts"`
	NextAttempt moment        `json:"next_attempt_at"`
	DeliveredAt moment        `json:"delivered_at"`
	LastStatus  int           `json:"last_status"`
	LastError   string        `json:"last_error"`
}

func (p Program) webhookList() *cobra.Command {
	var (
		flags  operatorFlags
		wanted deliveryFlags
		most   int
	)
	command := &cobra.Command{
		Use:   "list",
		Short: "List events of grants, and how their delivery went",
		Long: `Newest first. Delivered events are stored for 72 hours, and events that could not be delivered in 72 hours
(failed) for 30 days. unsent: the service had no webhook URL when it happened.`,
		Example: "  bff webhooks list --state failed\n  bff webhooks list --service shop --json | jq -r .id",
		Args:    terminal.NoArgs,
	}
	flags.addJSON(command.Flags())
	wanted.add(command.Flags())
	command.Flags().StringVar(&wanted.state, "state", "", "only pending, delivered, failed or unsent events")
	command.Flags().IntVar(&most, "limit", 100, "how many to list; 0 means all")

	return p.onOutbox(command, &flags, false,
		func(ctx context.Context, endpoints webhook.Endpoints, _ []string) error {
			filter := webhook.Filter{ServiceID: wanted.service, Most: most}

			if wanted.state != "" {
				state, err := stateOf(wanted.state)
				if err != nil {
					return err
				}
				filter.States = []webhook.State{state}
			}

			deliveries, err := endpoints.Store.Deliveries(ctx, filter)
			if err != nil {
				return err
			}

			return p.printDeliveries(flags.json, deliveries)
		})
}

func (p Program) printDeliveries(asJSON bool, deliveries []webhook.Delivery) error {
	lines := make([]deliveryLine, 0, len(deliveries))
	for _, d := range deliveries {
		lines = append(lines, deliveryLine{
			d.ID, d.ServiceID, d.GrantID, d.Type, d.Sequence,
			moment{d.At},
			d.State, d.Attempts,
			moment{d.NextAttempt},
			moment{d.DeliveredAt},
			d.LastStatus, d.LastError,
		})
	}

	if len(lines) == 0 && !asJSON {
		return terminal.Printf(p.Stderr, "No event matches.")
	}
	heading := []string{"ID", "SERVICE", "TYPE", "AT", "STATE", "ATTEMPTS", "LAST ERROR"}

	return printRows(p, asJSON, lines, heading, func(d deliveryLine) []string {
		return []string{
			d.ID, d.ServiceID, string(d.Type), d.At.String(), string(d.State), strconv.Itoa(d.Attempts), d.LastError,
		}
	})
}

func stateOf(text string) (webhook.State, error) {
	for _, state := range webhook.States() {
		if string(state) == text {
			return state, nil
		}
	}

	return "", terminal.NewUsageError(errors.New("--state must be pending, delivered, failed or unsent"))
}

func (p Program) webhookResend() *cobra.Command {
	var (
		flags  operatorFlags
		wanted deliveryFlags
	)
	command := &cobra.Command{
		Use:   "resend [EVENT]",
		Short: "Send an event again, or all failed events of a service",
		Long: `The event is sent with the same id and the same content, and retried for another 72 hours. It can arrive after
newer events of its grant: the receiver must compare their sequence.`,
		Example: "  bff webhooks resend evt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA\n  bff webhooks resend --service shop --failed",
		Args:    terminal.OptionalArg("EVENT"),
	}
	wanted.add(command.Flags())
	command.Flags().BoolVar(&wanted.failed, "failed", false, "all failed events of the service")

	return p.onOutbox(command, &flags, false,
		func(ctx context.Context, endpoints webhook.Endpoints, args []string) error {
			filter := webhook.Filter{ServiceID: wanted.service}

			switch {
			case len(args) == 1 && !wanted.failed:
				filter.EventID = args[0]
			case len(args) == 0 && wanted.failed && wanted.service != "":
				filter.States = []webhook.State{webhook.Failed}
			default:
				return terminal.NewUsageError(errors.New("name one EVENT, or use --service SERVICE --failed"))
			}

			count, err := endpoints.Resend(ctx, filter)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.Stdout, "%d events will be sent again.\n", count)

			return err
		})
}
