package partner

import (
	"slices"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// Narrowing is the part of a policy that a caller sends; nil fields stay unchanged.
type Narrowing struct {
	Scopes       *[]string
	Databases    *string
	Regions      *[]string
	Plans        *[]string
	MaxDatabases *int64 // 0: unlimited
	MaxBudget    *int64 // 0: unlimited
}

// maxBound keeps a limit within what every store and JSON number represents exactly.
const maxBound = 1_000_000_000

// IsZero reports whether nothing was sent.
func (n Narrowing) IsZero() bool { return n == Narrowing{} }

// apply returns the narrowed policy, or the invalid fields, including those that would widen it.
func (n Narrowing) apply(policy Policy) (Policy, []problem.Field) {
	if fields := n.invalid(); len(fields) > 0 {
		return Policy{}, fields
	}

	narrowed := policy
	if n.Scopes != nil {
		narrowed.Scopes = set(*n.Scopes)
	}

	if n.Databases != nil {
		narrowed.Databases = Reach(*n.Databases)
	}

	if n.Regions != nil {
		narrowed.Regions = set(*n.Regions)
	}

	if n.Plans != nil {
		narrowed.Plans = set(*n.Plans)
	}

	if n.MaxDatabases != nil {
		narrowed.MaxDatabases = int(*n.MaxDatabases)
	}

	if n.MaxBudget != nil {
		narrowed.MaxBudget = *n.MaxBudget
	}

	return narrowed, narrowed.FieldsBeyond(policy)
}

// set sorts a list and removes duplicates, so that the same names make the same policy. It never returns nil, which
// would mean "no limit".
func set(names []string) []string {
	sorted := append([]string{}, names...)
	slices.Sort(sorted)

	return slices.Compact(sorted)
}

func (n Narrowing) invalid() []problem.Field {
	var fields []problem.Field
	if n.Scopes != nil && (len(*n.Scopes) == 0 || !within(*n.Scopes, Operations())) {
		fields = append(fields, problem.NewField("/scopes", problem.FieldValue,
			"must name one or more of redis.list, redis.get, redis.create, redis.credentials"))
	}

	if n.Databases != nil && !Reach(*n.Databases).Valid() {
		fields = append(fields, problem.NewField("/databases", problem.FieldValue, "must be selected, created or all"))
	}

	unknownRegions, unknownPlans := n.unknown()
	if len(unknownRegions) > 0 {
		fields = append(fields, problem.NewField("/regions", problem.FieldValue, "has a name that is not a region"))
	}

	if len(unknownPlans) > 0 {
		fields = append(fields, problem.NewField("/plans", problem.FieldValue, "has a name that is not a plan"))
	}

	for pointer, bound := range map[string]*int64{"/max_databases": n.MaxDatabases, "/max_budget": n.MaxBudget} {
		if bound != nil && (*bound < 0 || *bound > maxBound) {
			fields = append(fields, problem.NewField(
				pointer, problem.FieldRange, "must be a whole number from 0 to 1000000000",
			).AtLeast(0).AtMost(maxBound))
		}
	}

	return fields
}

// unknown lists the regions and plans that no catalog has: users see stored names as facts.
func (n Narrowing) unknown() (regions, plans []string) {
	var named proxy.Policy
	if n.Regions != nil {
		named.Regions = *n.Regions
	}

	if n.Plans != nil {
		named.Plans = *n.Plans
	}

	return named.UnknownNames()
}

// required lists the missing fields; each argument is a pointer and a value.
func required(fields ...[2]string) []problem.Field {
	var missing []problem.Field
	for _, field := range fields {
		if field[1] == "" {
			missing = append(missing, problem.NewField(field[0], problem.FieldRequired, "is required"))
		}
	}

	return missing
}
