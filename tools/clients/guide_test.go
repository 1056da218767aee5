package clients

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const guide = "docs/integrate/clients.md"

// block is a fenced block of the guide: commands, or a source file that its first line names in a comment.
type block struct{ language, text string }

// The guide is run as its reader would, section by section. The first create of each section is told to come again
// later, so that the code that obeys Retry-After is run too; then the last commands are run again with a token that is
// none, which has to end in the server's problem.
func TestGuide(t *testing.T) {
	sections := readGuide(t)
	if len(sections) != 5 { // the beginning, and four clients
		t.Fatalf("%s has %d sections with code, want 5", guide, len(sections))
	}
	box := startSandbox(t)
	t.Run("section", func(t *testing.T) { // ends when its parallel children have
		for title, blocks := range sections {
			if title == "" {
				t.Run("the beginning", func(t *testing.T) { beginning(t, box, blocks) })
				continue
			}
			t.Run(title, func(t *testing.T) {
				t.Parallel()
				runSection(t, box, blocks)
			})
		}
	})
	if got, want := box.creates(t, unknown), []int{429, 429, 429, 429}; !slices.Equal(got, want) {
		t.Errorf("creates told to come again later: %v, want %v, one for each client", got, want)
	}
}

func runSection(t *testing.T, box sandbox, blocks []block) {
	t.Helper()
	email := regexp.MustCompile(`[^a-z]+`).ReplaceAllString(strings.ToLower(t.Name()), ".") + "@example.com"
	kind := "sh"
	for _, block := range blocks {
		if block.language != "sh" {
			kind = block.language
		}
	}
	p := newProject(t, kind, "CONNECT="+box.App)
	token := "TOKEN=" + box.token(t, email)
	box.busyOnce(t, email)

	var output, last string
	for _, block := range blocks {
		if block.language == "sh" {
			last = checkInstalls(t, kind, block.text)
			output = p.must(t, last, token)
			continue
		}
		name, found := strings.CutPrefix(strings.SplitN(block.text, "\n", 2)[0], "// ")
		if !found {
			t.Fatalf("the first line of a block names no file:\n%s", block.text)
		}
		p.write(t, name, []byte(block.text))
	}
	if kind == "go" {
		p.must(t, `test -z "$(gofmt -l main.go calls.go)" && go vet ./...`)
	}

	databases, keys := box.holds(t, email)
	if len(databases) != 1 || keys != 1 || !strings.Contains(output, databases[0]) {
		t.Errorf(
			"upstream holds databases %q and %d keys; want one of each, and its id printed:\n%s",
			databases,
			keys,
			output,
		)
	}
	if got, want := box.creates(t, email), []int{200}; !slices.Equal(got, want) {
		t.Errorf("creates that reached upstream: %v, want %v", got, want)
	}
	output, err := p.shell(t, last, "TOKEN=none")
	if err == nil || !strings.Contains(output, "invalid_token") {
		t.Errorf("with a token that is none: %v; want it to fail and to name the problem's code:\n%s", err, output)
	}
}

// beginning runs the lines that name the sandbox's usual addresses, with this sandbox's.
func beginning(t *testing.T, box sandbox, blocks []block) {
	t.Helper()
	p := newProject(t, "sh")
	for _, block := range blocks {
		for usual, here := range map[string]string{"http://localhost:8080": box.App, "http://127.0.0.1:8083": box.Control} {
			if !strings.Contains(block.text, usual) {
				t.Fatalf("the beginning does not name %s", usual)
			}
			block.text = strings.ReplaceAll(block.text, usual, here)
		}
		output := p.must(t, block.text+`curl -sS -X PUT "$CONNECT/api/v1/connection" -H "Authorization: Bearer $TOKEN"`)
		if !strings.Contains(output, `"email":"demo@example.com"`) {
			t.Errorf("the token of the beginning does not connect: %s", output)
		}
	}
}

var (
	installs  = regexp.MustCompile(`(?m)^(npm install|go mod|go get)\b.*\n`)
	versioned = regexp.MustCompile(`(\S+?)@(v?\d\S*)`)
)

// checkInstalls takes the commands out that install: a project of ours has its tools. What they install must be what is
// pinned, and so what the rest is run with.
func checkInstalls(t *testing.T, kind, script string) string {
	t.Helper()
	pins := ""
	for _, file := range []string{"go/go.mod", "ts/package.json"} {
		content, err := os.ReadFile(filepath.Join(root(), "tools/clients", file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(file, kind) {
			pins = string(content)
		}
	}
	for _, line := range installs.FindAllString(script, -1) {
		for _, match := range versioned.FindAllStringSubmatch(line, -1) {
			module, _, _ := strings.Cut(match[1], "/cmd/")
			if !strings.Contains(pins, module+" "+match[2]) && !strings.Contains(pins, `"`+module+`": "`+match[2]+`"`) {
				t.Errorf("%s installs %s@%s, which is not what is pinned", guide, module, match[2])
			}
		}
	}
	return installs.ReplaceAllString(script, "")
}

var fenced = regexp.MustCompile("(?ms)^## ([^\n]*)$|^```(sh|go|ts)\n(.*?)^```$")

// readGuide answers the code of each section by the section's title; what comes before the first has none.
func readGuide(t *testing.T) map[string][]block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(), guide))
	if err != nil {
		t.Fatal(err)
	}
	sections, title := map[string][]block{}, ""
	for _, match := range fenced.FindAllStringSubmatch(string(content), -1) {
		if match[1] != "" {
			title = match[1]
			continue
		}
		sections[title] = append(sections[title], block{language: match[2], text: match[3]})
	}
	return sections
}
