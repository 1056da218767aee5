package clients

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	servicesPage = "docs/integrate/services.md"
	usualAddress = "http://localhost:8080"
	pasted       = "'paste the address here'"
	seeded       = "demo@example.com"
)

// step is a part of the page: commands (sh), their output (json, text), or an action in the browser (an HTML comment,
// with the language "browser").
type step struct {
	language, text string
	line           int
}

// The test runs the page's commands in one shell, from first to last, as a reader would. It performs the actions in the
// browser, and compares each output with the page.
func TestServicesPage(t *testing.T) {
	steps := readServicesPage(t)
	if steps[0].text != "make run\n" {
		t.Fatalf("%s begins with %q, want the sandbox", servicesPage, steps[0].text)
	}

	p := newProject(t, "sh")
	if err := os.Mkdir(p.path("bin"), 0o700); err != nil {
		t.Fatal(err)
	}

	if err := os.Symlink(binary(t), p.path("bin/bff")); err != nil {
		t.Fatal(err)
	}
	box := startSandboxIn(t, p.path(".sandbox")) // the data directory of `make run`
	run := page{box: box, shell: startShell(t, p)}

	for i, step := range steps[1:] {
		run.step(t, step)

		if printed := step.language == "sh" && run.output != ""; printed && !shows(steps, i+2) {
			t.Errorf("%s:%d prints output that the page does not show:\n%s", servicesPage, step.line, run.output)
		}
	}
}

// shows reports whether a step is an output.
func shows(steps []step, i int) bool {
	return i < len(steps) && (steps[i].language == "json" || steps[i].language == "text")
}

// page is one run of the page.
type page struct {
	box    sandbox
	shell  *shell
	output string // of the last commands
	back   string // the last URL of the browser
	user   *browser
}

func (p *page) step(t *testing.T, step step) {
	t.Helper()

	switch step.language {
	case "sh":
		script := strings.ReplaceAll(step.text, usualAddress, p.box.App)
		if strings.Contains(script, pasted) {
			script = strings.ReplaceAll(script, pasted, "'"+p.back+"'")
			p.back = ""
		}
		p.output = p.shell.run(t, script, step.line)
	case "browser":
		p.browse(t, step)
	default:
		shown := strings.ReplaceAll(step.text, usualAddress, p.box.App)
		if err := compare(step.language, shown, p.output); err != nil {
			t.Errorf("%s:%d: %v\nprinted: %s\nshown: %s", servicesPage, step.line, err, p.output, shown)
		}
	}
}

// browse performs an action that the page asks of its reader.
func (p *page) browse(t *testing.T, step step) {
	t.Helper()

	var err error
	switch step.text {
	case "The user allows it.":
		p.user = newBrowser(t, p.box, seeded)
		p.back, err = p.user.allow(t.Context(), strings.TrimSpace(p.output))
	case "The user revokes it.":
		var count int
		if count, err = p.user.revokeGrants(t.Context()); err == nil && count != 1 {
			err = fmt.Errorf("the user had %d grants to revoke, want 1", count)
		}
	case "The user deletes the key.":
		p.box.deleteKeys(t, seeded)
	default:
		err = fmt.Errorf("unknown action %q", step.text)
	}

	if err != nil {
		t.Fatalf("%s:%d: %v", servicesPage, step.line, err)
	}
}

var pieces = regexp.MustCompile("(?ms)^```(sh|json|text)\n(.*?)^```$|^<!-- (.*?) -->$")

func readServicesPage(t *testing.T) []step {
	t.Helper()

	raw, err := os.ReadFile(filepath.Join(root(), servicesPage))
	if err != nil {
		t.Fatal(err)
	}
	content := string(raw)

	var steps []step
	for _, at := range pieces.FindAllStringSubmatchIndex(content, -1) {
		found := step{line: 1 + strings.Count(content[:at[0]], "\n")}
		if at[2] >= 0 {
			found.language, found.text = content[at[2]:at[3]], content[at[4]:at[5]]
		} else {
			found.language, found.text = "browser", content[at[6]:at[7]]
		}
		steps = append(steps, found)
	}

	if fences := len(regexp.MustCompile("(?m)^```").FindAllString(content, -1)); len(steps) < 20 || fences%2 != 0 {
		t.Fatalf("%s has %d pieces and %d fences; it was parsed incorrectly", servicesPage, len(steps), fences)
	}

	return steps
}

// compare compares an output with the page, where … matches one or more characters.
func compare(language, shown, printed string) error {
	if language == "text" {
		if !like(strings.TrimSpace(shown), strings.TrimSpace(printed)) {
			return fmt.Errorf("the output differs")
		}

		return nil
	}

	var want, got any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		return fmt.Errorf("the page shows no JSON: %w", err)
	}

	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		return fmt.Errorf("no JSON was printed: %w", err)
	}

	return compareValues("", want, got)
}

func compareValues(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		wanted, found := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(object))
		if !slices.Equal(wanted, found) {
			return fmt.Errorf("%s has the fields %q, the page shows %q", at, found, wanted)
		}

		for _, name := range wanted {
			if err := compareValues(at+"/"+name, want[name], object[name]); err != nil {
				return err
			}
		}

		return nil
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) || (got != nil && list == nil) {
			return fmt.Errorf("%s is %v, the page shows %v", at, got, want)
		}

		for i := range want {
			if err := compareValues(fmt.Sprint(at, "/", i), want[i], list[i]); err != nil {
				return err
			}
		}

		return nil
	case string:
		if number, ok := got.(float64); ok && want == "…" && number > 0 { // a port
			return nil
		}

		if text, ok := got.(string); ok && like(want, text) {
			return nil
		}
	default:
		if want == got {
			return nil
		}
	}

	return fmt.Errorf("%s is %v, the page shows %v", at, got, want)
}

// like reports whether a text matches a pattern in which … matches one or more characters of one line.
func like(pattern, text string) bool {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), "…", ".+")

	return regexp.MustCompile("^" + quoted + "$").MatchString(text)
}

// shell is one bash process, so commands see variables that earlier ones set.
type shell struct {
	in  io.Writer
	out *bufio.Reader
}

// startShell starts a bash in the project. It exits at the first command that fails.
func startShell(t *testing.T, p project) *shell {
	t.Helper()

	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	command.Dir, command.Env = p.directory, withoutSettings(p.environment)

	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}

	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout // one stream, in order

	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(2*time.Minute, func() { _ = command.Process.Kill() })

	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait() // run has reported the error
		hung.Stop()
	})

	return &shell{in: in, out: bufio.NewReader(out)}
}

// run runs a script and returns its output.
func (s *shell) run(t *testing.T, script string, line int) string {
	t.Helper()
	const done = "=== done ==="

	if _, err := io.WriteString(s.in, script+"\necho '"+done+"'\n"); err != nil {
		t.Fatalf("%s:%d: the shell has ended: %v", servicesPage, line, err)
	}

	var output strings.Builder
	for {
		text, err := s.out.ReadString('\n')
		before, found := strings.CutSuffix(text, done+"\n") // curl's output has no final newline
		output.WriteString(before)

		if found {
			return output.String()
		}

		if err != nil {
			t.Fatalf("%s:%d: a command failed.\n%s\nprinted: %s", servicesPage, line, script, &output)
		}
	}
}
