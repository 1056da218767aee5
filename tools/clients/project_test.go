package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// project is a directory like a partner's own after installing: the pinned tools and packages, and nothing else.
type project struct {
	directory   string
	environment []string
}

func newProject(t *testing.T, kind string, environment ...string) project {
	t.Helper()
	p := project{directory: t.TempDir(), environment: append(os.Environ(), environment...)}
	// npx must run what is pinned, and never download anything.
	p.environment = append(p.environment, "npm_config_offline=true", "NO_COLOR=1")
	pinned := filepath.Join(root(), "tools/clients", kind)
	switch kind {
	case "go":
		p.copy(t, filepath.Join(pinned, "go.mod"), filepath.Join(pinned, "go.sum"))
	case "ts":
		if err := os.Symlink(filepath.Join(pinned, "node_modules"), p.path("node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p project) path(name string) string { return filepath.Join(p.directory, name) }

func (p project) copy(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p.write(t, filepath.Base(file), content)
	}
}

func (p project) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(p.path(name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// shell runs a script in the project and stops at the first command that fails. It adds the given environment.
func (p project) shell(t *testing.T, script string, environment ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	command.Dir = p.directory
	command.Env = append(p.environment, environment...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// must is shell for a script that must succeed.
func (p project) must(t *testing.T, script string, environment ...string) string {
	t.Helper()
	output, err := p.shell(t, script, environment...)
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, output)
	}
	return output
}
