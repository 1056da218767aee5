package desktop

import (
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// The desktop shares no code with the sandbox, so that it has the console's place written down itself.
func TestTheConsoleIsWhereTheSandboxHasIt(t *testing.T) {
	if consolePath != sandbox.ConsolePath {
		t.Errorf("got %s, want %s", consolePath, sandbox.ConsolePath)
	}
}
