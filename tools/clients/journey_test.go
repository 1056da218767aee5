package clients

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// generator is one kind of client: how it is generated from $DOCUMENT, compiled, and run through the journey.
type generator struct {
	kind                   string // the kind of project
	files                  []string
	generate, compile, run string
}

var generators = map[string]generator{
	"oapi-codegen": {
		kind:     "go",
		files:    []string{"journey.go"},
		generate: `mkdir connect && go tool oapi-codegen -generate types,client -package connect -o connect/connect.go "$DOCUMENT"`,
		compile:  `go vet ./... && go build -o journey .`,
		run:      `./journey`,
	},
	"openapi-fetch": {
		kind: "ts", files: []string{"package.json", "tsconfig.json", "openapi-fetch/journey.ts"},
		generate: `node_modules/.bin/openapi-typescript "$DOCUMENT" -o connect.ts`,
		compile:  `node_modules/.bin/tsc`,
		run:      `node journey.js`,
	},
	"hey-api": {
		kind: "ts", files: []string{"package.json", "tsconfig.json", "hey-api/journey.ts"},
		generate: `node_modules/.bin/openapi-ts -i "$DOCUMENT" -o connect`,
		compile:  `node_modules/.bin/tsc`,
		run:      `node journey.js`,
	},
}

// services are the journeys of a partner's backend, with the same generators.
var services = map[string]struct {
	files        []string
	compile, run string
}{
	"oapi-codegen": {
		files: []string{"service/service.go"}, compile: `go vet ./... && go build -o service .`, run: `./service`,
	},
	"openapi-fetch": {
		files:   []string{"package.json", "tsconfig.json", "openapi-fetch/service.ts"},
		compile: `node_modules/.bin/tsc`, run: `node service.js`,
	},
	"hey-api": {
		files:   []string{"package.json", "tsconfig.json", "hey-api/service.ts"},
		compile: `node_modules/.bin/tsc`, run: `node service.js`,
	},
}

// A generated client can do everything that a partner's backend needs: connect a user, and act for them until the grant
// ends.
func TestServiceJourney(t *testing.T) {
	box := startSandbox(t)
	t.Run("with", func(t *testing.T) { // ends after its parallel subtests
		for name, generator := range generators {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				service := services[name]
				generator.files, generator.compile, generator.run = service.files, service.compile, service.run
				serviceJourney(t, box, generator)
			})
		}
	})
}

func serviceJourney(t *testing.T, box sandbox, generator generator) {
	t.Helper()
	email := strings.ToLower(strings.NewReplacer("/", ".", "_", ".").Replace(t.Name())) + "@example.com"
	user := newBrowser(t, box, email)
	p := newProject(t, generator.kind, "DOCUMENT="+filepath.Join(root(), "openapi.yaml"))
	for _, file := range generator.files {
		p.copy(t, filepath.Join(root(), "tools/clients", generator.kind, file))
	}
	p.must(t, generator.generate)
	p.must(t, generator.compile)
	output := p.must(t, generator.run, "CONNECT="+box.App, "SERVICE_TOKEN="+box.serviceToken(t),
		"EXTERNAL_ID=user-of-"+email, "BROWSER="+user.serve(t))

	databases, keys := box.stored(t, email)
	if want := []string{strings.TrimSpace(output)}; !slices.Equal(databases, want) || keys != 1 {
		t.Errorf("upstream stores databases %q and %d keys; want those of the journey, %q, and one key",
			databases, keys, want)
	}
	if got, want := box.creates(t, email), []int{200}; !slices.Equal(got, want) {
		t.Errorf("creates that reached upstream: %v, want %v", got, want)
	}
}

// Clients generated from the current document work with the current server. So do clients generated from the last
// release's document, which partners have in production.
func TestJourney(t *testing.T) {
	box := startSandbox(t)
	documents := map[string]string{
		"current":      filepath.Join(root(), "openapi.yaml"),
		"last release": lastRelease(t),
	}
	t.Run("from", func(t *testing.T) { // ends after its parallel subtests
		for age, document := range documents {
			for name, generator := range generators {
				t.Run(age+" document/"+name, func(t *testing.T) {
					t.Parallel()
					journey(t, box, generator, document)
				})
			}
		}
	})
}

func journey(t *testing.T, box sandbox, generator generator, document string) {
	t.Helper()
	email := strings.ToLower(strings.NewReplacer("/", ".", "_", ".").Replace(t.Name())) + "@example.com"
	p := newProject(t, generator.kind, "DOCUMENT="+document)
	for _, file := range generator.files {
		p.copy(t, filepath.Join(root(), "tools/clients", generator.kind, file))
	}
	p.must(t, generator.generate)
	p.must(t, generator.compile)
	output := p.must(t, generator.run, "CONNECT="+box.App, "TOKEN="+box.token(t, email))

	databases, keys := box.stored(t, email)
	if want := []string{strings.TrimSpace(output)}; !slices.Equal(databases, want) || keys != 1 {
		t.Errorf(
			"upstream stores databases %q and %d keys; want those of the journey, %q, and one key",
			databases,
			keys,
			want,
		)
	}
	if got, want := box.creates(t, email), []int{200}; !slices.Equal(got, want) {
		t.Errorf("creates that reached upstream: %v, want %v", got, want)
	}
}

// lastRelease returns the newest document in tools/contract/released.
func lastRelease(t *testing.T) string {
	t.Helper()
	released, err := filepath.Glob(filepath.Join(root(), "tools/contract/released/*.yaml"))
	if err != nil || len(released) == 0 {
		t.Fatalf("tools/contract/released has no document of a release (%v)", err)
	}
	return slices.MaxFunc(released, byVersion)
}
