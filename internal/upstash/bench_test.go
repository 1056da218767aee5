package upstash_test

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkList lists over loopback: the request, and reading the response down to the returned fields.
func BenchmarkList(b *testing.B) {
	for _, count := range []int{10, 1000} {
		body := "[" + strings.TrimSuffix(strings.Repeat(vendorDatabase+",", count), ",") + "]"
		f := newFar(b, says(200, body))
		client := newClient(b, f.URL)
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))

			for b.Loop() {
				if got, err := client.List(b.Context(), somebody); err != nil || len(got.Databases) != count {
					b.Fatal(err)
				}
			}
		})
	}
}
