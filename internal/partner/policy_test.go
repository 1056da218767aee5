package partner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/partner"
)

func everything() partner.Policy {
	return partner.Policy{Scopes: partner.Operations(), Databases: partner.ReachAll}
}

func with(change func(*partner.Policy)) partner.Policy {
	policy := everything()
	change(&policy)

	return policy
}

func TestPermittedIsTheIntersectionOfAllLayers(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		installation, service, grant, consent, want partner.Policy
	}{
		"nobody bounds anything": {everything(), everything(), everything(), everything(), everything()},
		"scopes are those that all hold": {
			everything(),
			with(func(p *partner.Policy) { p.Scopes = []string{partner.ScopeList, partner.ScopeCreate} }),
			with(func(p *partner.Policy) { p.Scopes = []string{partner.ScopeCreate, partner.ScopeGet} }),
			everything(),
			with(func(p *partner.Policy) { p.Scopes = []string{partner.ScopeCreate} }),
		},
		"no scope is left": {
			with(func(p *partner.Policy) { p.Scopes = []string{partner.ScopeList} }),
			everything(), everything(),
			with(func(p *partner.Policy) { p.Scopes = []string{partner.ScopeGet} }),
			with(func(p *partner.Policy) { p.Scopes = []string{} }),
		},
		"the narrowest reach holds": {
			everything(),
			with(func(p *partner.Policy) { p.Databases = partner.ReachCreated }),
			everything(),
			with(func(p *partner.Policy) { p.Databases = partner.ReachSelected }),
			with(func(p *partner.Policy) { p.Databases = partner.ReachSelected }),
		},
		"a list bounds one that is open": {
			everything(),
			with(func(p *partner.Policy) { p.Regions, p.Plans = []string{"us-east-1", "eu-west-1"}, []string{"free"} }),
			everything(),
			with(func(p *partner.Policy) { p.Regions = []string{"eu-west-1", "sa-east-1"} }),
			with(func(p *partner.Policy) { p.Regions, p.Plans = []string{"eu-west-1"}, []string{"free"} }),
		},
		"lists without a common name allow nothing, not everything": {
			everything(), everything(),
			with(func(p *partner.Policy) { p.Regions = []string{"us-east-1"} }),
			with(func(p *partner.Policy) { p.Regions = []string{"eu-west-1"} }),
			with(func(p *partner.Policy) { p.Regions = []string{} }),
		},
		"the lowest bound holds, and 0 is none": {
			with(func(p *partner.Policy) { p.MaxBudget = 100 }),
			with(func(p *partner.Policy) { p.MaxDatabases = 7 }),
			with(func(p *partner.Policy) { p.MaxDatabases, p.MaxBudget = 9, 200 }),
			with(func(p *partner.Policy) { p.MaxDatabases = 5 }),
			with(func(p *partner.Policy) { p.MaxDatabases, p.MaxBudget = 5, 100 }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			layers := []partner.Policy{test.installation, test.service, test.grant, test.consent}
			for range layers { // whatever their order
				got := partner.Permitted(layers[0], layers[1:]...)
				if diff := cmp.Diff(test.want, sorted(got)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				layers = append(layers[1:], layers[0])
			}
		})
	}
}

// sorted returns the scopes in the order of Operations, whichever layer they come from.
func sorted(p partner.Policy) partner.Policy {
	p.Scopes = partner.Permitted(everything(), p).Scopes
	return p
}

func TestFieldsBeyondNamesEveryWiderField(t *testing.T) {
	t.Parallel()

	bounded := partner.Policy{
		Scopes: []string{partner.ScopeList}, Databases: partner.ReachCreated, Regions: []string{"us-east-1"},
		Plans: []string{"free"}, MaxDatabases: 5, MaxBudget: 100,
	}
	narrower := partner.Policy{
		Scopes: []string{partner.ScopeList}, Databases: partner.ReachSelected, Regions: []string{},
		Plans: []string{"free"}, MaxDatabases: 1, MaxBudget: 100,
	}

	if fields := narrower.FieldsBeyond(bounded); len(fields) > 0 {
		t.Errorf("a narrower policy: got %v, want no field", fields)
	}

	want := []string{"/scopes", "/databases", "/regions", "/plans", "/max_databases", "/max_budget"}

	var got []string
	for _, fault := range everything().FieldsBeyond(bounded) {
		got = append(got, fault.Pointer())
	}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("no bound at all (-want +got):\n%s", diff)
	}
}

// The same names are the same policy, in whatever order and however often they were sent, and an empty list allows
// nothing: a list that is not there would allow everything.
func TestPolicyListsAreSets(t *testing.T) {
	t.Parallel()
	of := everything()

	for name, test := range map[string]struct {
		sent, want []string
	}{
		"another order": {[]string{"us-east-1", "eu-west-1"}, []string{"eu-west-1", "us-east-1"}},
		"twice":         {[]string{"us-east-1", "us-east-1", "us-east-1"}, []string{"us-east-1"}},
		"none":          {[]string{}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, fields := partner.Narrowed(partner.Narrowing{Regions: &test.sent}, of)
			if diff := cmp.Diff(test.want, got.Regions); diff != "" || len(fields) > 0 {
				t.Errorf("%v (-want +got):\n%s", fields, diff)
			}
		})
	}
}
