package harness

import (
	"slices"
	"testing"
)

// RefusesBodies sends each body and wants its problem, and nothing upstream or in the database.
func (m Member) RefusesBodies(t *testing.T, status int, code string, bodies map[string]string) {
	t.Helper()
	m.LeavesNothing(t, func() {
		for name, body := range bodies {
			t.Run(name, func(t *testing.T) {
				m.Create(t, "", body).IsProblem(t, status, code)
				m.Create(t, "a-key", body).IsProblem(t, status, code)
			})
		}
	})
}

// Pointers are where a problem says the faults are, sorted.
func (p problemBody) Pointers() []string {
	found := []string{}
	for _, fault := range p.Errors {
		found = append(found, fault.Pointer)
	}
	slices.Sort(found)

	return found
}
