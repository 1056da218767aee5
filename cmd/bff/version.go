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

// versionAnswer says what was built, and with what.
type versionAnswer struct {
	Version    string `json:"version"`
	Commit     string `json:"commit"`      // empty: it was built without the repository
	CommitTime string `json:"commit_time"` // RFC 3339; empty likewise
	Dirty      bool   `json:"dirty"`       // changes were in it that no commit has
	Go         string `json:"go"`
	Platform   string `json:"platform"` // GOOS/GOARCH
	SQLite     string `json:"sqlite"`   // the driver's module and version
	Cgo        bool   `json:"cgo"`
}

func (p program) version() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "version",
		Short: "Say what was built: version, commit, Go, platform, SQLite",
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
	command.Flags().BoolVar(&asJSON, "json", false, "for programs: one line of JSON")

	return command
}

func builtHere() versionAnswer {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}

	return versionOf(info)
}

// versionOf reads what the go command wrote into the binary.
func versionOf(info *debug.BuildInfo) versionAnswer {
	answer := versionAnswer{
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

// words are for people, and for a report of a fault.
func (a versionAnswer) words() string {
	commit := "not known: built without the repository"
	if a.Commit != "" {
		commit = shortCommit(a.Commit) + " of " + orDash(a.CommitTime)
	}

	if a.Dirty {
		commit += ", with changes that no commit has"
	}

	cgo := "without cgo"
	if a.Cgo {
		cgo = "cgo"
	}

	return fmt.Sprintf("bff %s\n  commit  %s\n  built   with %s for %s\n  SQLite  %s (%s)\n",
		a.Version, commit, a.Go, a.Platform, a.SQLite, cgo)
}

// buildVersion is the module's version, or the commit it was built from.
func buildVersion() string { return builtHere().Version }
