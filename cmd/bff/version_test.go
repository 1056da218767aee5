package main

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/db"
)

func TestVersionPrintsTheBuild(t *testing.T) {
	from := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{
			GoVersion: "go1.26.8", Main: debug.Module{Version: version}, Settings: settings,
			Deps: []*debug.Module{{Path: "github.com/other/one", Version: "v9"}, {Path: db.Driver, Version: "v1.2.3"}},
		}
	}
	commit := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"},
		{Key: "vcs.time", Value: "2026-11-28T10:00:00Z"},
		{Key: "vcs.modified", Value: "true"},
		{Key: "CGO_ENABLED", Value: "1"},
	}

	for name, test := range map[string]struct {
		info *debug.BuildInfo
		want []string
	}{
		"a release": {from("v1.2.0", commit...), []string{
			"bff v1.2.0\n", "0123456789ab of 2026-11-28T10:00:00Z, with uncommitted changes\n", "go1.26.8 for ",
			db.Driver + " v1.2.3 (cgo)",
		}},
		"a commit":   {from("(devel)", commit...), []string{"bff 0123456789ab\n"}},
		"an archive": {from("(devel)"), []string{"bff devel\n", "unknown: built without the repository\n", "(without cgo)"}},
	} {
		printed := versionOf(test.info).words()
		for _, want := range test.want {
			if !strings.Contains(printed, want) {
				t.Errorf("%s: %q lacks %q", name, printed, want)
			}
		}
	}

	printed := map[string]string{}

	for _, command := range []string{"version", "--version"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{command}, nil, &stdout, &stderr); code != 0 {
			t.Fatalf("bff %s: exit code %d: %s", command, code, stderr.String())
		}
		printed[command] = stdout.String()
	}

	if printed["version"] != printed["--version"] || !strings.Contains(printed["version"], "SQLite") {
		t.Errorf("bff version prints %q, bff --version prints %q", printed["version"], printed["--version"])
	}

	var stdout, stderr bytes.Buffer

	var answer buildInfo
	if code := run(t.Context(), []string{"version", "--json"}, nil, &stdout, &stderr); code != 0 ||
		json.Unmarshal(stdout.Bytes(), &answer) != nil || answer.Go == "" || answer.Platform == "" {
		t.Errorf("bff version --json: exit code %d: %q %q", code, stdout.String(), stderr.String())
	}
}
