package proxy

import (
	"fmt"
	"testing"

	"github.com/upstash-connect/bff/internal/upstash"
)

func BenchmarkFingerprint(b *testing.B) {
	budget, eviction := int64(20), true
	request := CreateRequest{
		Name:          "myredis",
		Platform:      "aws",
		PrimaryRegion: "us-east-1",
		ReadRegions:   []string{"us-west-1", "us-west-2"},
		Plan:          "payg",
		Budget:        &budget,
		Eviction:      &eviction,
	}
	b.ReportAllocs()

	for b.Loop() {
		_ = request.fingerprint()
	}
}

// BenchmarkMap is the step from the vendor's objects to ours.
func BenchmarkMap(b *testing.B) {
	s := &Service{options: Options{RestURL: "https://{endpoint}"}, full: FullCatalog()}

	one := upstash.Database{
		ID:            "a1",
		Name:          "x",
		State:         "active",
		Endpoint:      "beloved-stallion-58500",
		PrimaryRegion: "us-east-1",
		Port:          6379,
		TLS:           true,
	}
	for _, count := range []int{10, 1000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			b.ReportAllocs()

			for b.Loop() {
				for range count {
					_ = s.database(one)
				}
			}
		})
	}
}
