package harness

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// ManyRows connects accounts and creates databases, so that a rotation takes several batches.
func (f *Fleet) ManyRows(t *testing.T) ([]Member, *load) {
	t.Helper()
	var members []Member

	before := &load{}
	for n := range 20 {
		m := f.AddMember(t, fmt.Sprintf("early-%d@example.com", n))

		members = append(members, m)
		for c := range 6 {
			key := fmt.Sprintf("early-%d-%d", n, c)
			before.remember(m, key, m.Create(t, key, CreateBody(key)).Is(t, 201))
		}
	}

	return members, before
}

// RolledBack restores the keyset from before the rotation: the running server rejects it, and no server starts with it.
func (f *Fleet) RolledBack(t *testing.T, server *process, m Member, oldText []byte) {
	t.Helper()

	newText, err := os.ReadFile(f.Keyset())
	if err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(f.Keyset(), oldText, 0o600); err != nil {
		t.Fatal(err)
	}

	if !Eventually(func() bool { return strings.Contains(f.Log.String(), "the previous one stays in use") }) {
		t.Error("the server does not log that it rejects the old keyset")
	}
	m.List(t)
	f.Connect(t, "while-rolled-back@example.com").Is(t, 201)
	f.Fails(t, "rows cannot be decrypted: con_", "keyset", "verify")
	server.Terminated(t)
	f.Fails(t, "sealing keyset", "serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost:9")
	f.Fails(t, "is rejected", "keyset", "rotate")

	if err := os.WriteFile(f.Keyset(), newText, 0o600); err != nil {
		t.Fatal(err)
	}
	f.Serve(t)
	m.URL = f.URL
	m.List(t)
}
