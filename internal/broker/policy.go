package broker

import (
	"fmt"
	"strings"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/suggestion"
)

// KnownPolicy is a config.Check that finds configured regions, plans and operations that the catalogs do not have. It
// is in this package because config does not know the catalogs, and both server and desktop need the check.
func KnownPolicy(c *config.Config) []string {
	var problems []string

	unknown := func(setting, kind, name, known string) {
		problems = append(problems, fmt.Sprintf("%s names %q, which is not %s; %s", setting, name, kind, known))
	}
	full := proxy.FullCatalog()
	regions, plans := policy(c).UnknownNames()

	for _, id := range regions {
		unknown("BFF_ALLOWED_REGIONS", "a region", id, "the regions are "+joined(full.Regions, func(r proxy.Region) string { return r.ID }))
	}

	for _, id := range plans {
		unknown("BFF_ALLOWED_PLANS", "a plan", id, "the plans are "+joined(full.Plans, func(p proxy.Plan) string { return p.ID }))
	}

	_, operations := operation.Open(c.AllowOperations)
	for _, name := range operations {
		unknown("BFF_ALLOW_OPERATIONS", "an operation", name, similarOperation(name))
	}

	return problems
}

func joined[T any](values []T, id func(T) string) string {
	var ids []string
	for _, value := range values {
		ids = append(ids, id(value))
	}

	return strings.Join(ids, ", ")
}

// similarOperation explains what to write instead of an unknown name.
func similarOperation(name string) string {
	if strings.HasSuffix(name, "*") {
		return "guarded operations must be named in full"
	}

	if near := suggestion.Closest(name, operation.Names(operation.All())); near != "" {
		return "did you mean " + near + "?"
	}

	return "docs/integrate/operations.md lists them"
}

func policy(c *config.Config) proxy.Policy {
	return proxy.Policy{
		Regions: c.AllowedRegions, Plans: c.AllowedPlans, MaxBudget: c.MaxBudget, MaxDatabases: c.MaxDatabases,
	}
}
