package operation_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
)

// ownTypes are the operations whose requests and responses have types of their own in package proxy.
var ownTypes = []string{"redis.create", "redis.credentials", "redis.get", "redis.list"}

func TestCatalogueNamesAndRoutesAreUnique(t *testing.T) {
	t.Parallel()

	name := regexp.MustCompile(`^(redis|vector|search|qstash)(\.[a-z]+(-[a-z]+)*){1,2}$`)
	path := regexp.MustCompile(`^(/[a-z]+(-[a-z]+)*|/\{id\}|/\{backup_id\})+$`)
	routes := map[string]string{}

	for _, called := range operation.All() {
		if !name.MatchString(called.Name) || !strings.HasPrefix(called.Name, string(called.On.Product)+".") {
			t.Errorf("%s: not a name of a %s operation", called.Name, called.On.Product)
		}

		if !path.MatchString(called.Path) {
			t.Errorf("%s: unexpected path %s", called.Name, called.Path)
		}

		// Parameters are written alike, since two routes that differ in them alone are the same.
		route := called.Method + " " + strings.ReplaceAll(called.Path, "{backup_id}", "{id}")
		if other, taken := routes[route]; taken {
			t.Errorf("%s and %s have the route %s", called.Name, other, route)
		}
		routes[route] = called.Name

		if found, known := operation.Find(called.Name); !known || found != called {
			t.Errorf("%s: found as %v", called.Name, found)
		}
	}

	if len(routes) < 30 {
		t.Fatalf("only %d operations were found: this test would show nothing", len(routes))
	}

	if _, known := operation.Find("REDIS.LIST"); known {
		t.Error("names are not case-sensitive")
	}
}

// What the runner and the API rely on, for every operation with the generic handler.
func TestCatalogueEntriesAreComplete(t *testing.T) {
	t.Parallel()

	for _, called := range operation.All() {
		if own := slices.Contains(ownTypes, called.Name); own != (called.Upstream.Method == "") ||
			own != (called.Tier == operation.Default) {
			t.Errorf("%s: tier %s, upstream %+v", called.Name, called.Tier, called.Upstream)
		} else if own {
			continue
		}

		for rule, kept := range map[string]bool{
			"a Developer API path":       strings.HasPrefix(called.Upstream.Path, "/v2/"),
			"a response, except Destroy": (called.Response != nil) == (called.Effect != operation.Destroy),
			"a summary without a period": called.Summary != "" && !strings.HasSuffix(called.Summary, "."),
			"a GET only for a read": (called.Method == http.MethodGet) != called.Effect.Writes() &&
				(called.Upstream.Method == http.MethodGet) != called.Effect.Writes(),
			"its id upstream too": strings.Contains(called.Path, "{id}") == strings.Contains(called.Upstream.Path, "{id}"),
			"its backup upstream too": strings.Contains(called.Path, "{backup_id}") ==
				(called.Upstream.BackupID != "" || strings.Contains(called.Upstream.Path, "{backup_id}")),
			"a settlement in changes only": called.Settle == nil || called.Effect == operation.Change,
			"an object to settle a change or destroy": called.Effect != operation.Change &&
				called.Effect != operation.Destroy ||
				called.On.ReadBack != nil && called.On.Get.Method == http.MethodGet,
			"a list to settle a create": called.Effect != operation.Create ||
				called.On.List.Method == http.MethodGet && called.On.Object.NameField != "" && hasName(called),
			"no default of its tier for what cannot be undone": called.Effect != operation.Destroy ||
				called.Tier == operation.Guarded,
			"ids in a list": called.List == "" || called.Response.IDField != "",
		} {
			if !kept {
				t.Errorf("%s: must have %s", called.Name, rule)
			}
		}
	}
}

func hasName(called *operation.Operation) bool {
	name, known := called.Field("name")
	return known && name.Required && name.IsName
}

// The fields of a read travel in a query, which has texts only. Every example passes its own field's check.
func TestCatalogueFieldsAreConsistent(t *testing.T) {
	t.Parallel()

	for _, called := range operation.All() {
		for n := range called.Fields {
			field := &called.Fields[n]
			if !called.Effect.Writes() && (field.Type != operation.Text || field.Required) {
				t.Errorf("%s: %s cannot be in a query", called.Name, field.Name)
			}

			if field.Help == "" || field.Example == nil || strings.HasSuffix(field.Help, ".") {
				t.Errorf("%s: %s lacks help or example", called.Name, field.Name)
			}

			example := field.Example
			if number, isInt := example.(int); isInt {
				example = int64(number)
			}

			for _, fault := range called.Check(operation.Values{field.Name: example}, operation.Policy{}) {
				if strings.HasPrefix(fault.Pointer(), "/"+field.Name) {
					t.Errorf("%s: the example %v of %s %s", called.Name, field.Example, field.Name, fault.Detail())
				}
			}
		}

		if on, known := called.Field(called.Upstream.Switch); called.Upstream.Switch != "" &&
			(!known || on.Type != operation.Boolean || called.Upstream.Off == "") {
			t.Errorf("%s: the switch is no boolean with two calls", called.Name)
		}
	}
}

// Secrets are marked, and only an operation that reveals has any in its response.
func TestOnlyRevealingOperationsHaveSecrets(t *testing.T) {
	t.Parallel()

	suspicious := regexp.MustCompile(`(?i)(token|password|secret|credential|api_?key|user_email|customer_id)`)
	revealing := 0

	for _, called := range operation.All() {
		if called.Response == nil {
			continue
		}

		if called.Response.HasSecrets() != (called.Effect == operation.Reveal) {
			t.Errorf("%s, a %s: secrets in its response: %t", called.Name, called.Effect, called.Response.HasSecrets())
		}

		for _, field := range called.Response.Fields {
			if suspicious.MatchString(field.Name) != field.Secret {
				t.Errorf("%s: %s is marked secret: %t", called.Name, field.Name, field.Secret)
			}

			if field.Secret {
				revealing++
			}
		}

		if called.On.Object.HasSecrets() {
			t.Errorf("%s: the object of a %s has secrets", called.Name, called.On.Noun)
		}
	}

	if revealing == 0 {
		t.Error("no operation reveals anything: this test would show nothing")
	}
}

func TestOpenOperations(t *testing.T) {
	t.Parallel()

	guarded := []string{}
	for _, called := range operation.All() {
		if called.Tier == operation.Guarded {
			guarded = append(guarded, called.Name)
		}
	}

	for name, row := range map[string]struct{ names, opens, keeps, unknown []string }{
		"nothing":        {nil, ownTypes, []string{"redis.stats", "vector.list", "qstash.list"}, nil},
		"a name":         {[]string{"redis.stats"}, []string{"redis.stats"}, []string{"redis.rename"}, nil},
		"a guarded name": {[]string{"redis.delete"}, []string{"redis.delete"}, []string{"redis.reset-password"}, nil},
		"a pattern":      {[]string{"vector.*"}, []string{"vector.list", "vector.credentials"}, guarded, nil},
		"part of a word": {[]string{"redis.st*"}, []string{"redis.stats"}, []string{"redis.rename"}, nil},
		"every product":  {[]string{"redis.*", "vector.*", "search.*", "qstash.*"}, []string{"search.get"}, guarded, nil},
		"only a star":    {[]string{"*"}, nil, append([]string{"redis.stats"}, guarded...), []string{"*"}},
		"a guarded one by pattern": {
			[]string{"redis.delet*", "qstash.rotate*"}, nil, guarded, []string{"redis.delet*", "qstash.rotate*"},
		},
		"unknown names": {
			[]string{"redis.stats", "redis.team", "", "REDIS.STATS", "kafka.*", "redis.*.x", "redis.stats "},
			[]string{"redis.stats"},
			guarded,
			[]string{"redis.team", "", "REDIS.STATS", "kafka.*", "redis.*.x", "redis.stats "},
		},
	} {
		open, unknown := operation.Open(row.names)
		names := operation.Names(open)

		if !slices.Equal(unknown, row.unknown) {
			t.Errorf("%s: got unknown names %q, want %q", name, unknown, row.unknown)
		}

		for _, want := range append(ownTypes[:len(ownTypes):len(ownTypes)], row.opens...) {
			if !slices.Contains(names, want) {
				t.Errorf("%s: %s is not open", name, want)
			}
		}

		for _, closed := range row.keeps {
			if slices.Contains(names, closed) && !slices.Contains(row.opens, closed) {
				t.Errorf("%s: %s is open", name, closed)
			}
		}
	}

	all, unknown := operation.Open(operation.Names(operation.All()))
	if len(unknown) > 0 || len(all) != len(operation.All()) {
		t.Errorf("named in full, %d of %d are open; unknown %q", len(all), len(operation.All()), unknown)
	}
}
