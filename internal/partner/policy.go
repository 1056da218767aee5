package partner

import (
	"slices"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
)

// The scopes: the names of operations, and of calls that a service makes for itself.
const (
	ScopeList        = "redis.list"
	ScopeGet         = "redis.get"
	ScopeCreate      = "redis.create"
	ScopeCredentials = "redis.credentials" //nolint:gosec // the name of an operation

	ScopeConnectSessions = "connect-sessions" // open and complete connect sessions
	ScopeGrants          = "grants"           // read, narrow and revoke its grants
)

// Operations lists the scopes that a grant can have: the names of the operations in the catalogue.
func Operations() []string { return operation.Names(operation.All()) }

// DefaultOperations lists the scopes of a service that names none: the operations that every installation offers. A
// service gets nothing that destroys, or that an operator opens later, without being given it by name.
func DefaultOperations() []string {
	open, _ := operation.Open(nil)
	return operation.Names(open)
}

// Scopes lists all scopes that a service or a token can have.
func Scopes() []string { return append(Operations(), ScopeConnectSessions, ScopeGrants) }

// Reach selects which databases of the account a grant covers.
type Reach string

// From the narrowest to the widest.
const (
	ReachSelected Reach = "selected" // databases that the user selected
	ReachCreated  Reach = "created"  // selected databases, and those that the service created
	ReachAll      Reach = "all"
)

var reaches = []Reach{ReachSelected, ReachCreated, ReachAll}

// Valid reports whether the reach is one of the three values.
func (r Reach) Valid() bool { return slices.Contains(reaches, r) }

// Policy limits what a service may do. It is stored as JSON.
type Policy struct {
	Scopes       []string `json:"scopes"`
	Databases    Reach    `json:"databases"`
	Regions      []string `json:"regions"`       // nil: every region
	Plans        []string `json:"plans"`         // nil: every plan
	MaxDatabases int      `json:"max_databases"` // databases that may be created; 0: unlimited
	MaxBudget    int64    `json:"max_budget"`    // total budget of all created databases, in Upstash's unit; 0: unlimited
}

// Permitted returns the intersection of all layers: installation, service, token, grant and consent. No other code
// decides what is allowed.
func Permitted(first Policy, others ...Policy) Policy {
	permitted := first
	for _, layer := range others {
		permitted = Policy{
			Scopes:       common(permitted.Scopes, layer.Scopes),
			Databases:    narrower(permitted.Databases, layer.Databases),
			Regions:      commonIfBounded(permitted.Regions, layer.Regions),
			Plans:        commonIfBounded(permitted.Plans, layer.Plans),
			MaxDatabases: int(lower(int64(permitted.MaxDatabases), int64(layer.MaxDatabases))),
			MaxBudget:    lower(permitted.MaxBudget, layer.MaxBudget),
		}
	}

	return permitted
}

// Allows reports whether the policy has a scope.
func (p Policy) Allows(scope string) bool { return slices.Contains(p.Scopes, scope) }

// FieldsBeyond lists the fields in which p allows more than the limit policy.
func (p Policy) FieldsBeyond(limit Policy) []problem.Field {
	var fields []problem.Field
	reject := func(pointer, detail string) {
		fields = append(fields, problem.NewField(pointer, problem.FieldNotAllowed, detail))
	}

	if !within(p.Scopes, limit.Scopes) {
		reject("/scopes", "requests more than is allowed")
	}

	if narrower(p.Databases, limit.Databases) != p.Databases {
		reject("/databases", "covers more databases than allowed")
	}

	if limit.Regions != nil && (p.Regions == nil || !within(p.Regions, limit.Regions)) {
		reject("/regions", "has more regions than allowed")
	}

	if limit.Plans != nil && (p.Plans == nil || !within(p.Plans, limit.Plans)) {
		reject("/plans", "has more plans than allowed")
	}

	if lower(int64(p.MaxDatabases), int64(limit.MaxDatabases)) != int64(p.MaxDatabases) {
		reject("/max_databases", "is higher than allowed")
	}

	if lower(p.MaxBudget, limit.MaxBudget) != p.MaxBudget {
		reject("/max_budget", "is higher than allowed")
	}

	return fields
}

func common(a, b []string) []string {
	both := []string{}
	for _, name := range a {
		if slices.Contains(b, name) {
			both = append(both, name)
		}
	}

	return both
}

// commonIfBounded treats nil as "no limit". An empty list allows nothing.
func commonIfBounded(a, b []string) []string {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}

	return common(a, b)
}

func within(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(name string) bool { return !slices.Contains(whole, name) })
}

func narrower(a, b Reach) Reach {
	if slices.Index(reaches, a) < slices.Index(reaches, b) {
		return a
	}

	return b
}

// lower returns the lower of two limits, where 0 means "no limit".
func lower(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}

	return a
}
