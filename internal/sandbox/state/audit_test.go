package state_test

import (
	"fmt"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

func TestTheAuditLogOfAnOwnerIsBounded(t *testing.T) {
	store, err := state.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })

	for i := range state.MaxAudit + 3 {
		if err := store.AddAudit("a", state.Audit{Entity: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}

	if err := store.AddAudit("b", state.Audit{Entity: "b's"}); err != nil {
		t.Fatal(err)
	}

	found, err := store.Audits("a")
	if err != nil {
		t.Fatal(err)
	}

	if len(found) != state.MaxAudit || found[0].Entity != fmt.Sprint(state.MaxAudit+2) ||
		found[len(found)-1].Entity != "3" {
		t.Errorf("got %d entries, want the last %d, newest first", len(found), state.MaxAudit)
	}
}
