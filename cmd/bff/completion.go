package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/proxy"
)

// completeWithin limits how long a press of the tab key waits for Upstash.
const completeWithin = 3 * time.Second

// completeCatalog completes the values of flags for regions and plans.
func completeCatalog(command *cobra.Command) {
	catalog := proxy.FullCatalog()
	offer := func(flag string, choices []string) {
		// An error means that the flag does not exist; a test covers that.
		_ = command.RegisterFlagCompletionFunc(
			flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp),
		)
	}

	var regions, replicas, plans []string
	for _, region := range catalog.Regions {
		choice := region.ID + "\t" + region.Label

		regions = append(regions, choice)
		if region.ReadReplica {
			replicas = append(replicas, choice)
		}
	}

	for _, plan := range catalog.Plans {
		plans = append(plans, plan.ID+"\t"+plan.Label)
	}
	offer("region", regions)
	offer("read-region", replicas)
	offer("plan", plans)
}

// regionList returns the catalog's regions as text for help.
func regionList() string {
	var text strings.Builder
	for _, region := range proxy.FullCatalog().Regions {
		replica := ""
		if !region.ReadReplica {
			replica = ", primary only"
		}
		_, _ = fmt.Fprintf(&text, "  %-16s %s, %s%s\n", region.ID, region.Platform, region.Label, replica)
	}

	return strings.TrimSuffix(text.String(), "\n")
}

// completeDatabase offers the account's databases by name, or by ID if several have the same name. On an error it
// offers nothing; the command itself will report the error.
func (p program) completeDatabase(flags *nativeFlags) cobra.CompletionFunc {
	return func(command *cobra.Command, arguments []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(arguments) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}

		ctx, cancel := context.WithTimeout(command.Context(), completeWithin)
		defer cancel()
		var choices []cobra.Completion
		_ = p.withDesktop(ctx, *flags, func(ctx context.Context, d *desktop.Desktop) error {
			all, err := databasesOf(ctx, d)
			choices = choicesAmong(all)

			return err
		})

		return choices, cobra.ShellCompDirectiveNoFileComp
	}
}
