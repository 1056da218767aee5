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

// block is a fenced block of the guide: commands, or a source file whose name is in a comment on its first line.
type block struct{ language, text string }

// The test runs the guide section by section, as a reader would. The first create of each section gets a 429, so that
// the code for Retry-After runs, too. Then the last commands run again with an invalid token, which must fail with the
// server's problem.
func TestGuide(t *testing.T) {
	sections := readGuide(t)
	if len(sections) != 5 { // the introduction and four clients
		t.Fatalf("%s has %d sections with code, want 5", guide, len(sections))
	}
	box := startSandbox(t)
	t.Run("section", func(t *testing.T) { // ends after its parallel subtests
		for title, blocks := range sections {
			if title == "" {
				t.Run("introduction", func(t *testing.T) { introduction(t, box, blocks) })
				continue
			}
			t.Run(title, func(t *testing.T) {
				t.Parallel()
				runSection(t, box, blocks)
			})
		}
	})
	if got, want := box.creates(t, unknown), []int{429, 429, 429, 429}; !slices.Equal(got, want) {
		t.Errorf("creates with a 429: %v, want %v, one for each client", got, want)
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
	box.rateLimitNextCreate(t, email)

	var output, last string
	for _, block := range blocks {
		if block.language == "sh" {
			last = checkInstalls(t, kind, block.text)
			output = p.must(t, last, token)
			continue
		}
		name, found := strings.CutPrefix(strings.SplitN(block.text, "\n", 2)[0], "// ")
		if !found {
			t.Fatalf("the first line of a block does not name a file:\n%s", block.text)
		}
		p.write(t, name, []byte(block.text))
	}
	if kind == "go" {
		p.must(t, `test -z "$(gofmt -l main.go calls.go)" && go vet ./...`)
	}

	databases, keys := box.stored(t, email)
	if len(databases) != 1 || keys != 1 || !strings.Contains(output, databases[0]) {
		t.Errorf(
			"upstream stores databases %q and %d keys; want one of each, and its id printed:\n%s",
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
		t.Errorf("with an invalid token: %v; want an error with the problem's code:\n%s", err, output)
	}
}

// introduction runs the introduction's commands with this sandbox's addresses instead of the default ones.
func introduction(t *testing.T, box sandbox, blocks []block) {
	t.Helper()
	p := newProject(t, "sh")
	for _, block := range blocks {
		for usual, here := range map[string]string{"http://localhost:8080": box.App, "http://127.0.0.1:8083": box.Control} {
			if !strings.Contains(block.text, usual) {
				t.Fatalf("the introduction does not contain %s", usual)
			}
			block.text = strings.ReplaceAll(block.text, usual, here)
		}
		output := p.must(t, block.text+`curl -sS -X PUT "$CONNECT/api/v1/connection" -H "Authorization: Bearer $TOKEN"`)
		if !strings.Contains(output, `"email":"demo@example.com"`) {
			t.Errorf("the token of the introduction does not connect: %s", output)
		}
	}
}

var (
	installs  = regexp.MustCompile(`(?m)^(npm install|go mod|go get)\b.*\n`)
	versioned = regexp.MustCompile(`(\S+?)@(v?\d\S*)`)
)

// checkInstalls removes the commands that install packages, because our projects have them already. The versions in the
// guide must equal the pinned ones, with which everything else runs.
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
				t.Errorf("%s installs %s@%s, which is not pinned", guide, module, match[2])
			}
		}
	}
	return installs.ReplaceAllString(script, "")
}

var fenced = regexp.MustCompile("(?ms)^## ([^\n]*)$|^```(sh|go|ts)\n(.*?)^```$")

// readGuide returns the code of each section by title. The introduction has an empty title.
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
