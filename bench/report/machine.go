package report

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// Machine describes what a run was made on, a line each.
func Machine() []string {
	var name syscall.Utsname
	_ = syscall.Uname(&name)

	return []string{
		fmt.Sprintf("processor: %s, %d cores", field("/proc/cpuinfo", "model name"), runtime.NumCPU()),
		"memory: " + field("/proc/meminfo", "MemTotal"),
		"system: " + strings.Trim(field("/etc/os-release", "PRETTY_NAME"), `"`) + ", kernel " + text(name.Release[:]),
		"load average before the run: " + first(3, "/proc/loadavg"),
	}
}

func text(of []int8) string {
	var out strings.Builder
	for _, c := range of {
		if c == 0 {
			break
		}
		out.WriteByte(byte(c)) //nolint:gosec // C calls its bytes so
	}

	return out.String()
}

// field finds the first line of a file that begins with a name, and returns what follows it.
func field(path, name string) string {
	content, _ := os.ReadFile(path)
	for line := range strings.Lines(string(content)) {
		if rest, found := strings.CutPrefix(line, name); found {
			return strings.TrimSpace(strings.TrimLeft(rest, "\t :="))
		}
	}

	return "unknown"
}

func first(words int, path string) string {
	content, _ := os.ReadFile(path)
	all := strings.Fields(string(content))

	return strings.Join(all[:min(words, len(all))], " ")
}

// Build describes a build of the product.
func Build(path string) string {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "unknown"
	}

	out := info.GoVersion
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			out += ", commit " + setting.Value[:min(12, len(setting.Value))]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			out += " and changes"
		}
	}

	return out
}

// Commit is the commit of the repository's work tree.
func Commit(root string) string {
	output, err := exec.Command("git", "-C", root, "rev-parse", "--short=12", "HEAD").Output() //nolint:gosec,noctx // git, at once
	if err != nil {
		return "unknown"
	}
	commit := strings.TrimSpace(string(output))

	changed, err := exec.Command("git", "-C", root, "status", "--porcelain", "-uno").Output() //nolint:gosec,noctx // git, at once
	if err == nil && len(strings.TrimSpace(string(changed))) > 0 {
		commit += " and changes"
	}

	return commit
}
