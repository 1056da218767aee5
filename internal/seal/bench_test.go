package seal_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/seal"
)

// BenchmarkOpen is the unsealing of one developer key.
func BenchmarkOpen(b *testing.B) {
	keyset, err := seal.NewKeyset()
	if err != nil {
		b.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		b.Fatal(err)
	}
	at := seal.Cell{Table: "connections", Row: "con_1", Column: "sealed_key"}

	sealed, err := box.Seal([]byte("5a1dd4f5-0f1e-4f3d-9a55-2f2d3c0f7a10"), at)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()

	for b.Loop() {
		if _, err := box.Open(sealed, at); err != nil {
			b.Fatal(err)
		}
	}
}
