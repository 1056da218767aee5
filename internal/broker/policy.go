package broker

import (
	"fmt"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

// KnownPolicy is a config.Check that finds configured regions, plans and operations that the catalogs do not have. It
// is in this package because config does not know the catalogs, and both server and desktop need the check.
func KnownPolicy(c *config.Config) []string {
	var problems []string
	regions, plans := policy(c).UnknownNames()

	for _, id := range regions {
		problems = append(problems, fmt.Sprintf("BFF_ALLOWED_REGIONS names %q, which is not a region", id))
	}

	for _, id := range plans {
		problems = append(problems, fmt.Sprintf("BFF_ALLOWED_PLANS names %q, which is not a plan", id))
	}

	_, unknown := operation.Open(c.AllowOperations)
	for _, name := range unknown {
		problems = append(problems, fmt.Sprintf(
			"BFF_ALLOW_OPERATIONS names %q, which is no operation; guarded operations must be named in full", name,
		))
	}

	return problems
}

func policy(c *config.Config) proxy.Policy {
	return proxy.Policy{
		Regions: c.AllowedRegions, Plans: c.AllowedPlans, MaxBudget: c.MaxBudget, MaxDatabases: c.MaxDatabases,
	}
}
