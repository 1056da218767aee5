package partner

import (
	"slices"

	"github.com/upstash-connect/bff/internal/problem"
)

// The scopes: names of operations, and of what a service does for itself.
const (
	ScopeList        = "redis.list"
	ScopeGet         = "redis.get"
	ScopeCreate      = "redis.create"
	ScopeCredentials = "redis.credentials" //nolint:gosec // the name of an operation

	ScopeConnectSessions = "connect-sessions" // open and complete connect sessions
	ScopeGrants          = "grants"           // read, narrow and give back its grants
)

// Operations are the scopes that a grant can hold.
func Operations() []string { return []string{ScopeList, ScopeGet, ScopeCreate, ScopeCredentials} }

// Scopes are all that a service or a token can hold.
func Scopes() []string { return append(Operations(), ScopeConnectSessions, ScopeGrants) }

// Reach says which databases of the account a grant covers.
type Reach string

// From the narrowest to the widest.
const (
	ReachSelected Reach = "selected" // those that the user selected
	ReachCreated  Reach = "created"  // those, and the ones that the service created
	ReachAll      Reach = "all"
)

var reaches = []Reach{ReachSelected, ReachCreated, ReachAll}

// Valid reports whether the reach is one of the three.
func (r Reach) Valid() bool { return slices.Contains(reaches, r) }

// Policy bounds what may be done. It is kept as JSON.
type Policy struct {
	Scopes       []string `json:"scopes"`
	Databases    Reach    `json:"databases"`
	Regions      []string `json:"regions"`       // nil: every region
	Plans        []string `json:"plans"`         // nil: every plan
	MaxDatabases int      `json:"max_databases"` // that may be created; 0: no bound
	MaxBudget    int64    `json:"max_budget"`    // of all databases created together, in Upstash's unit; 0: no bound
}

// Permitted is what all layers allow together: installation, service, token, grant and consent. It is the one place
// that decides it.
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

// Allows reports whether the policy holds a scope.
func (p Policy) Allows(scope string) bool { return slices.Contains(p.Scopes, scope) }

// FieldsBeyond lists the fields in which p allows more than the policy of which it is to be a part.
func (p Policy) FieldsBeyond(of Policy) []problem.Field {
	var fields []problem.Field
	reject := func(pointer, detail string) {
		fields = append(fields, problem.Field{Pointer: pointer, Detail: detail, NotAllowed: true})
	}

	if !within(p.Scopes, of.Scopes) {
		reject("/scopes", "requests more than is allowed")
	}

	if narrower(p.Databases, of.Databases) != p.Databases {
		reject("/databases", "covers more databases than allowed")
	}

	if of.Regions != nil && (p.Regions == nil || !within(p.Regions, of.Regions)) {
		reject("/regions", "has more regions than allowed")
	}

	if of.Plans != nil && (p.Plans == nil || !within(p.Plans, of.Plans)) {
		reject("/plans", "has more plans than allowed")
	}

	if lower(int64(p.MaxDatabases), int64(of.MaxDatabases)) != int64(p.MaxDatabases) {
		reject("/max_databases", "is higher than allowed")
	}

	if lower(p.MaxBudget, of.MaxBudget) != p.MaxBudget {
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

// commonIfBounded treats nil as "no bound". An empty list allows nothing.
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

// lower is the lower of two bounds, where 0 is none.
func lower(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}

	return a
}
