package bff_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The groups of go.mod's direct requirements, named as the headings of their tables in docs/decisions/dependencies.md.
const (
	product = "The product"
	sandbox = "The sandbox"
	tests   = "Tests"
)

// TestDependenciesAreExplained holds docs/decisions/dependencies.md to go.mod: each direct requirement has a line with
// a reason, in the table of its group, and nothing else has one there.
func TestDependenciesAreExplained(t *testing.T) {
	required, explained := requirements(t), explanations(t)
	if len(required[product]) < 10 {
		t.Fatalf("go.mod was read wrongly: %v", required)
	}

	if diff := cmp.Diff(required, explained); diff != "" {
		t.Errorf("direct requirements of go.mod (-) against the lines of docs/decisions/dependencies.md (+):\n%s", diff)
	}
}

// TestDependenciesAreGroupedByWhoNeedsThem holds the groups of go.mod to what imports the modules: code that a server
// runs, else the sandbox, else nothing but tests.
func TestDependenciesAreGroupedByWhoNeedsThem(t *testing.T) {
	required := requirements(t)
	modules := slices.Concat(required[product], required[sandbox], required[tests])

	needed := map[string][]string{}

	// With a C compiler and without one, another SQLite is built in.
	importers := importsOf(t, "1", "./cmd/...")
	for importer, imports := range importsOf(t, "0", "./cmd/...") {
		importers[importer] = append(importers[importer], imports...)
	}

	for _, module := range modules {
		group := tests
		for importer, imports := range importers {
			if !slices.ContainsFunc(imports, func(path string) bool { return moduleOf(path, modules) == module }) {
				continue
			}

			if !strings.HasPrefix(importer, "github.com/upstash-connect/bff/internal/sandbox") {
				group = product
				break
			}
			group = sandbox
		}
		needed[group] = append(needed[group], module)
	}

	if diff := cmp.Diff(required, needed); diff != "" {
		t.Errorf("groups of go.mod (-) against who imports their modules (+):\n%s", diff)
	}
}

// requirements are go.mod's direct requirements by group, in its order, which go mod tidy keeps sorted.
func requirements(t *testing.T) map[string][]string {
	t.Helper()

	content, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{"// The product": product, "// The sandbox alone": sandbox, "// Tests alone": tests}

	found := map[string][]string{}

	block := regexp.MustCompile(`(?m)^(?:(//[^\n.,:]*)[^\n]*\n)?require (?:\(\n((?:\t[^\n]*\n)*)\)|([^\n(]+))$`)
	for _, match := range block.FindAllStringSubmatch(string(content), -1) {
		for line := range strings.Lines(match[2] + match[3]) {
			fields := strings.Fields(line)
			if len(fields) < 2 || strings.HasSuffix(strings.TrimSpace(line), "// indirect") {
				continue
			}

			group, known := comments[match[1]]
			if !known {
				t.Errorf("%s is in no group of go.mod: move its line to that of who needs it", fields[0])
			}
			found[group] = append(found[group], fields[0])
		}
	}

	return found
}

// explanations are the modules with a reason in the tables of those groups.
func explanations(t *testing.T) map[string][]string {
	t.Helper()

	page, err := os.ReadFile("docs/decisions/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}

	found := map[string][]string{}

	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .{5,} \\|$")
	for _, section := range strings.Split(string(page), "\n## ") {
		heading, text, _ := strings.Cut(section, "\n")
		if !slices.Contains([]string{product, sandbox, tests}, heading) {
			continue
		}

		for _, match := range row.FindAllStringSubmatch(text, -1) {
			found[heading] = append(found[heading], match[1])
		}
	}

	return found
}

// importsOf are this module's packages that the commands are built of, with what each imports outside its tests. They
// are those of a build for Linux, with cgo ("1") or without, on whatever machine this runs.
func importsOf(t *testing.T, cgo, commands string) map[string][]string {
	t.Helper()
	format := `{{.ImportPath}} {{join .Imports " "}}`
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, commands)
	list.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED="+cgo)
	list.Stderr = os.Stderr

	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}

	found := map[string][]string{}
	for line := range strings.Lines(string(output)) {
		if fields := strings.Fields(line); strings.HasPrefix(fields[0], "github.com/upstash-connect/bff") {
			found[fields[0]] = fields[1:]
		}
	}

	return found
}

// moduleOf is the module that a package is of: the longest that its path begins with.
func moduleOf(path string, modules []string) string {
	longest := ""
	for _, module := range modules {
		if (path == module || strings.HasPrefix(path, module+"/")) && len(module) > len(longest) {
			longest = module
		}
	}

	return longest
}
