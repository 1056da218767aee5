package partner

import (
	"slices"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// Narrowing is what a caller sends of a policy; nil fields stay as they are.
type Narrowing struct {
	Scopes       *[]string
	Databases    *string
	Regions      *[]string
	Plans        *[]string
	MaxDatabases *int64 // 0 asks for no bound
	MaxBudget    *int64 // 0 asks for no bound
}

// maxBound keeps a bound within what every store and JSON number holds exactly.
const maxBound = 1_000_000_000

// IsZero reports whether nothing was sent.
func (n Narrowing) IsZero() bool { return n == Narrowing{} }

// apply returns what policy becomes, or the fields with errors: invalid ones, and those that would widen it.
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

// set is a list in one order and without what is there twice, so that the same names are the same policy, however they
// were sent. It is never nil: a nil list has no bound.
func set(names []string) []string {
	sorted := append([]string{}, names...)
	slices.Sort(sorted)

	return slices.Compact(sorted)
}

func (n Narrowing) invalid() []problem.Field {
	var fields []problem.Field
	if n.Scopes != nil && (len(*n.Scopes) == 0 || !within(*n.Scopes, Operations())) {
		fields = append(fields, fieldError("/scopes", "must name one or more of redis.list, redis.get, redis.create, redis.credentials"))
	}

	if n.Databases != nil && !Reach(*n.Databases).Valid() {
		fields = append(fields, fieldError("/databases", "must be selected, created or all"))
	}

	unknownRegions, unknownPlans := n.unknown()
	if len(unknownRegions) > 0 {
		fields = append(fields, fieldError("/regions", "has a name that is not a region"))
	}

	if len(unknownPlans) > 0 {
		fields = append(fields, fieldError("/plans", "has a name that is not a plan"))
	}

	for pointer, bound := range map[string]*int64{"/max_databases": n.MaxDatabases, "/max_budget": n.MaxBudget} {
		if bound != nil && (*bound < 0 || *bound > maxBound) {
			fields = append(fields, fieldError(pointer, "must be a whole number from 0 to 1000000000"))
		}
	}

	return fields
}

// unknown lists the regions and plans that no catalog has: what is kept here is shown to users as a fact.
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

// required lists the fields that are missing: a field is its pointer and its value.
func required(fields ...[2]string) []problem.Field {
	var missing []problem.Field
	for _, field := range fields {
		if field[1] == "" {
			missing = append(missing, fieldError(field[0], "is required"))
		}
	}

	return missing
}
