package peertest_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/peertest"
)

type recorder struct {
	testing.TB
	skipped, failed bool
}

func (*recorder) Helper() {}

func (r *recorder) Skipf(string, ...any) { r.skipped = true }

func (r *recorder) Fatalf(string, ...any) { r.failed = true }

func TestInstalledProgramIsFound(t *testing.T) {
	if path := peertest.Program(t, "go", "golang"); !strings.HasSuffix(path, "go") {
		t.Errorf("go was found at %q", path)
	}
}

func TestMissingProgramSkipsOrFailsByVariable(t *testing.T) {
	t.Setenv("TEST_PEERS_REQUIRED", "")

	optional := &recorder{TB: t}
	peertest.Program(optional, "no-such-program", "no-such-package")

	if !optional.skipped || optional.failed {
		t.Errorf("without the variable: %+v, want a skip", optional)
	}

	t.Setenv("TEST_PEERS_REQUIRED", "1")

	required := &recorder{TB: t}
	peertest.Program(required, "no-such-program", "no-such-package")

	if required.skipped || !required.failed {
		t.Errorf("with the variable: %+v, want a failure", required)
	}
}
