package suggestion_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/suggestion"
)

func TestClosestIsTheOneThatDiffersLeast(t *testing.T) {
	known := []string{"sslmode", "sslkey", "host", "hosts"}
	for name, want := range map[string]string{
		"sslmod": "sslmode", "ssmlode": "sslmode", "sslky": "sslkey", "host": "host", "hot": "host", "pgbouncer": "",
		"": "",
	} {
		if got := suggestion.Closest(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
