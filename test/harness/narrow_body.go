package harness

import (
	"slices"
	"testing"
)

// RejectsBodies checks that each body gets the problem and has no effect upstream or in the database.
func (m Member) RejectsBodies(t *testing.T, status int, code string, bodies map[string]string) {
	t.Helper()
	m.HasNoEffect(t, func() {
		for name, body := range bodies {
			t.Run(name, func(t *testing.T) {
				m.Create(t, "", body).IsProblem(t, status, code)
				m.Create(t, "a-key", body).IsProblem(t, status, code)
			})
		}
	})
}

// Pointers returns the sorted pointers of a problem's field errors.
func (p problemBody) Pointers() []string {
	found := []string{}
	for _, fault := range p.Errors {
		found = append(found, fault.Pointer)
	}
	slices.Sort(found)

	return found
}
