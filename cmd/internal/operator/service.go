package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

func (p Program) service() *cobra.Command {
	return terminal.Group("service", "Manage services: backends that may act for users",
		p.serviceAdd(), p.serviceList(), p.serviceDisable())
}

func (p Program) serviceAdd() *cobra.Command {
	var (
		flags   operatorFlags
		service partner.Service
		reach   string
		hook    string
	)
	command := &cobra.Command{
		Use:   "add ID",
		Short: "Register a service",
		Long: `Registers a backend of another team or partner. Each user decides whether to allow it, on a page that shows its
name. The options here limit what users can allow. Your own product needs no registration:
BFF_SERVICE_TOKEN and BFF_RETURN_URLS define the service "self".

Return URLs must be https and match exactly. On localhost, 127.0.0.1 and [::1], http and any port are accepted.`,
		Example: `  bff service add shop --name "Example Shop" \
    --return-url https://shop.example/upstash/return
  bff service add ci --name "Example CI" --return-url https://ci.example/back \
    --scope redis.list,redis.create --max-databases 5`,
		Args: terminal.Args("ID"),
	}
	set := command.Flags()
	set.StringVar(&service.Name, "name", "", "name shown to users (required)")
	set.StringArrayVar(&service.ReturnURLs, "return-url", nil,
		"URL to which users return; can be repeated (required)")
	set.StringSliceVar(&service.Policy.Scopes, "scope", nil,
		"operations that it may request from users, from docs/integrate/operations.md (default: "+
			strings.Join(partner.DefaultOperations(), ", ")+")")
	set.StringVar(&reach, "databases", string(partner.ReachCreated),
		"the most that a grant may cover: selected, created or all databases")
	set.StringSliceVar(&service.Policy.Regions, "region", nil, "regions in which it may create (default: all)")
	set.StringSliceVar(&service.Policy.Plans, "plan", nil, "plans on which it may create (default: all)")
	set.IntVar(&service.Policy.MaxDatabases, "max-databases", 0,
		"maximum number of databases that it may create under one grant; 0 means no limit")
	set.Int64Var(&service.Policy.MaxBudget, "max-budget", 0,
		"maximum total budget of its databases for one user, in Upstash's unit; 0 means no limit")

	set.StringVar(&hook, "webhook", "",
		"URL that receives events about its grants; prints the secret that signs them")
	config.AddFlags(set, sealing()...)

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			service.ID, service.Policy.Databases = args[0], partner.Reach(reach)

			return p.addService(ctx, registry, service, command.Flags(), hook)
		})
}

// addService registers a service, with its webhook if it has one. Everything that can fail for the webhook is checked
// before.
func (p Program) addService(
	ctx context.Context, registry partner.Registry, service partner.Service, flags *pflag.FlagSet, hook string,
) error {
	if hook == "" {
		added, err := registry.AddService(ctx, service)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Stdout, "Added %s. Next: bff token create %[1]s --ttl 90d\n", added.ID)

		return err
	}

	if err := webhook.CheckURL(hook); err != nil {
		return terminal.NewUsageError(fmt.Errorf("--webhook %w", err))
	}

	sealer, err := p.Sealer(flags)
	if err != nil {
		return err
	}

	store, ok := registry.Store.(webhook.Store)
	if !ok {
		return errors.New("this store has no outbox")
	}

	added, err := registry.AddService(ctx, service)
	if err != nil {
		return err
	}

	signing, err := webhook.Endpoints{Store: store, Sealer: sealer}.Set(ctx, added.ID, hook)
	if err != nil {
		return fmt.Errorf("the service %s was added, but not its webhook (bff webhooks set): %w", added.ID, err)
	}

	return p.printSecret(signing,
		"Added %s. The secret of its webhooks is not shown again. Next: bff token create %[1]s --ttl 90d", added.ID)
}

// serviceLine is one service in --json output.
type serviceLine struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	ReturnURLs []string `json:"return_urls"`
	partner.Policy
	CreatedAt  moment `json:"created_at"`
	DisabledAt moment `json:"disabled_at"`
}

func (p Program) serviceList() *cobra.Command {
	var flags operatorFlags
	command := &cobra.Command{
		Use: "list", Short: "List registered services", Args: terminal.NoArgs,
		Example: "  bff service list\n  bff service list --json | jq -r .id",
	}
	flags.addJSON(command.Flags())

	return p.onRegistry(command, &flags, true,
		func(ctx context.Context, registry partner.Registry, _ []string) error {
			services, err := registry.ListServices(ctx)
			if err != nil {
				return err
			}

			lines := make([]serviceLine, 0, len(services))
			for _, s := range services {
				lines = append(lines, serviceLine{
					s.ID, s.Name, s.ReturnURLs, s.Policy, moment{s.CreatedAt}, moment{s.DisabledAt},
				})
			}

			heading := []string{"ID", "NAME", "SCOPES", "DATABASES", "RETURN URLS", "DISABLED"}

			return printRows(p, flags.json, lines, heading, func(s serviceLine) []string {
				return []string{
					s.ID, s.Name, strings.Join(s.Scopes, ","), string(s.Databases), strings.Join(s.ReturnURLs, ","),
					s.DisabledAt.String(),
				}
			})
		})
}

func (p Program) serviceDisable() *cobra.Command {
	var flags operatorFlags

	return p.onRegistry(&cobra.Command{
		Use:   "disable ID",
		Short: "Disable a service permanently",
		Long: `Every server rejects the service's tokens within 5 seconds. Its grants remain listed, without effect; to end
them too, use bff grant revoke --service ID.`,
		Example: "  bff service disable shop",
		Args:    terminal.Args("ID"),
	}, &flags, false, func(ctx context.Context, registry partner.Registry, args []string) error {
		if err := registry.DisableService(ctx, args[0]); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.Stdout, "Disabled %s. Every server rejects its tokens within 5 seconds.\n", args[0])

		return err
	})
}
