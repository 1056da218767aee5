package assistant

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// toolFor is the tool of an operation.
func toolFor(t *testing.T, name string) *tool {
	t.Helper()

	called, known := operation.Find(name)
	if !known {
		t.Fatalf("unknown operation %s", name)
	}

	return newTool(called, proxy.FullCatalog())
}

func TestArgumentsAreDecodedStrictly(t *testing.T) {
	for _, test := range []struct {
		operation, encoded string
		want               []string // pointers of the invalid arguments
		code               problem.Code
	}{
		{"redis.list", ``, nil, ""},
		{"redis.list", `null`, nil, ""},
		{"redis.list", `{}`, nil, ""},
		{"redis.list", `{"id":"a"}`, []string{"/id"}, problem.ValidationFailed},
		{"redis.list", `{"id":null}`, nil, ""}, // null is absent
		{"redis.list", `[]`, nil, problem.InvalidRequest},
		{"redis.list", `"{}"`, nil, problem.InvalidRequest},
		{"redis.list", `{}{}`, nil, problem.InvalidRequest},
		{"redis.get", `{"id":"a","id":"b"}`, nil, problem.InvalidRequest},
		{"redis.get", "{\"id\":\"\xff\"}", nil, problem.InvalidRequest},
		{"redis.get", `{"ID":"a"}`, []string{"/ID", "/id"}, problem.ValidationFailed},
		{"redis.get", `{"id":1}`, []string{"/id"}, problem.ValidationFailed},
		{"redis.get", `{"id":"a"}`, nil, ""},
		{"redis.delete", `{"id":"a"}`, []string{"/confirm_name"}, problem.ValidationFailed},
		{"redis.regions", `{"id":"a","confirm_name":"b","read_regions":["x",1]}`, []string{"/read_regions"}, problem.ValidationFailed},
		{"redis.budget", `{"id":"a","confirm_name":"b","budget":1.5}`, []string{"/budget"}, problem.ValidationFailed},
		{"redis.budget", `{"id":"a","confirm_name":"b","budget":1e400}`, []string{"/budget"}, problem.ValidationFailed},
		{"redis.eviction", `{"id":"a","confirm_name":"b","eviction":"true"}`, []string{"/eviction"}, problem.ValidationFailed},
		{"redis.list", `{"a/b~c":1}`, []string{"/a~1b~0c"}, problem.ValidationFailed},
		{"redis.list", `{"` + strings.Repeat("x", 500) + `":1}`, []string{"/" + strings.Repeat("x", 100) + "…"}, problem.ValidationFailed},
	} {
		_, err := toolFor(t, test.operation).arguments([]byte(test.encoded))

		var (
			found *problem.Error
			got   []string
		)
		if errors.As(err, &found) {
			for _, field := range found.Fields {
				got = append(got, field.Pointer())
			}
		}

		if problem.CodeOf(err) != test.code || !slices.Equal(got, test.want) {
			t.Errorf("%s %s: got %v for %v, want %q", test.operation, test.encoded, err, got, test.code)
		}
	}
}

// A write without a key gets its own; values have the types of the fields.
func TestArgumentsOfAWrite(t *testing.T) {
	encoded := `{"name":"a","primary_region":"us-east-1","read_regions":["us-west-1"],"budget":5,"eviction":true,"plan":null}`

	first, err := toolFor(t, redisCreate).arguments([]byte(encoded))
	second, otherErr := toolFor(t, redisCreate).arguments([]byte(encoded))

	if err != nil || otherErr != nil || first.key == "" || first.key == second.key {
		t.Fatalf("got the keys %q and %q, %v, %v", first.key, second.key, err, otherErr)
	}
	budget, eviction := int64(5), true

	want := proxy.CreateRequest{
		Name: "a", PrimaryRegion: "us-east-1", ReadRegions: []string{"us-west-1"}, Budget: &budget, Eviction: &eviction,
	}
	if diff := cmp.Diff(want, createRequest(first.sent)); diff != "" {
		t.Error(diff)
	}
}

// Every operation has a tool of its own name, arguments with different names, and a method or a call at Upstash.
func TestEveryOperationCanBeATool(t *testing.T) {
	names := map[string]bool{}

	for _, called := range operation.All() {
		offered := toolFor(t, called.Name)
		name := offered.described.Name

		if names[name] || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%s: %q is no name of a tool", called.Name, name)
		}
		names[name] = true

		for _, field := range offered.fields {
			if slices.Contains([]string{argID, argBackupID, argConfirm, argKey}, field.Name) {
				t.Errorf("%s: %s is the name of two arguments", called.Name, field.Name)
			}
		}

		if _, hasMethod := typed[called.Name]; hasMethod == (called.Upstream.Method != "") {
			t.Errorf("%s: has a method is %t", called.Name, hasMethod)
		}
	}
}
