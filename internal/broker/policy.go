package broker

import (
	"fmt"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/proxy"
)

// KnownPolicy is a config.Check: it finds the regions and plans of a configuration that the catalog does not have. It
// is here because config knows no catalog, and both faces have to ask.
func KnownPolicy(c *config.Config) []string {
	var problems []string
	regions, plans := policy(c).UnknownNames()

	for _, id := range regions {
		problems = append(problems, fmt.Sprintf("BFF_ALLOWED_REGIONS names %q, which is not a region", id))
	}

	for _, id := range plans {
		problems = append(problems, fmt.Sprintf("BFF_ALLOWED_PLANS names %q, which is not a plan", id))
	}

	return problems
}

func policy(c *config.Config) proxy.Policy {
	return proxy.Policy{
		Regions: c.AllowedRegions, Plans: c.AllowedPlans, MaxBudget: c.MaxBudget, MaxDatabases: c.MaxDatabases,
	}
}
