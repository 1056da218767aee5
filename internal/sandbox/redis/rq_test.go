package redis_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/peertest"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// TestRQCompletesJobs runs Python's rq, unmodified: its worker forks, waits, and keeps what became of each job.
func TestRQCompletesJobs(t *testing.T) {
	peertest.Program(t, "rq", "python3-rq")

	s := sandboxtest.Start(t)
	url := strings.Replace(s.RedisURL(), "://", "://:"+sandboxtest.NewDatabase(t, s, "a@example.com").Password+"@", 1)
	// Debian's own Python has Debian's packages.
	said, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "testdata/jobs.py", url).CombinedOutput()

	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if last := lines[len(lines)-1]; err != nil || last != "[2, 3, 4] failed" {
		t.Errorf("got %v:\n%s", err, said)
	}
}
