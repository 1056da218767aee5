package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/db"
)

// buildInfo describes this build.
type buildInfo struct {
	Version    string `json:"version"`
	Commit     string `json:"commit"`      // empty if built without the repository
	CommitTime string `json:"commit_time"` // RFC 3339; empty like Commit
	Dirty      bool   `json:"dirty"`       // with uncommitted changes
	Go         string `json:"go"`
	Platform   string `json:"platform"` // GOOS/GOARCH
	SQLite     string `json:"sqlite"`   // the driver's module and version
	Cgo        bool   `json:"cgo"`
}

func (p program) version() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the version and how bff was built",
		Example: `  bff version
  bff version --json | jq -r .commit`,
		Args: terminal.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return terminal.WriteJSON(p.stdout, builtHere())
			}
			_, err := io.WriteString(p.stdout, builtHere().words())

			return err
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")

	return command
}

func builtHere() buildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}

	return versionOf(info)
}

// versionOf reads the build information that the go command wrote into the binary.
func versionOf(info *debug.BuildInfo) buildInfo {
	answer := buildInfo{
		Version: info.Main.Version, Go: info.GoVersion, SQLite: db.Driver,
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}

	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			answer.Commit = setting.Value
		case "vcs.time":
			answer.CommitTime = setting.Value
		case "vcs.modified":
			answer.Dirty = setting.Value == "true"
		case "CGO_ENABLED":
			answer.Cgo = setting.Value == "1"
		}
	}

	for _, module := range info.Deps {
		if module.Path == db.Driver {
			answer.SQLite += " " + module.Version
		}
	}

	if answer.Version == "" || answer.Version == "(devel)" {
		answer.Version = "devel"
		if answer.Commit != "" {
			answer.Version = shortCommit(answer.Commit)
		}
	}

	return answer
}

func shortCommit(commit string) string { return commit[:min(12, len(commit))] }

// words returns the information as text, also for bug reports.
func (a buildInfo) words() string {
	commit := "unknown: built without the repository"
	if a.Commit != "" {
		commit = shortCommit(a.Commit) + " of " + orDash(a.CommitTime)
	}

	if a.Dirty {
		commit += ", with uncommitted changes"
	}

	cgo := "without cgo"
	if a.Cgo {
		cgo = "cgo"
	}

	return fmt.Sprintf("bff %s\n  commit  %s\n  built   with %s for %s\n  SQLite  %s (%s)\n",
		a.Version, commit, a.Go, a.Platform, a.SQLite, cgo)
}

// buildVersion returns the module's version, or the commit from which it was built.
func buildVersion() string { return builtHere().Version }
