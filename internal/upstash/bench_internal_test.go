package upstash

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// BenchmarkStrip reads a list in memory: with the one-pass reader, and by decoding into maps.
func BenchmarkStrip(b *testing.B) {
	one, err := os.ReadFile("testdata/database.json")
	if err != nil {
		b.Fatal(err)
	}

	for _, count := range []int{10, 1000} {
		body := []byte("[" + strings.TrimSuffix(strings.Repeat(string(one)+",", count), ",") + "]")
		b.Run(fmt.Sprintf("one pass/%d", count), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))

			for b.Loop() {
				err := readAnswer(http.MethodGet, bytes.NewReader(body), maxListBytes, func(a *answer) error {
					got, err := readListing(a)
					if len(got.Databases) != count {
						b.Fatal("not all databases were read")
					}

					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("by tokens/%d", count), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))

			for b.Loop() {
				err := tokenAnswer(bytes.NewReader(body), func(decoder *jsontext.Decoder) error {
					got, err := tokenListing(decoder)
					if len(got.Databases) != count {
						b.Fatal("not all databases were read")
					}

					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("decode and pick/%d", count), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))

			for b.Loop() {
				if got, err := decodeAndAllow(body); err != nil || len(got.Databases) != count {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFairQueue takes a turn that is free, and gives it back.
func BenchmarkFairQueue(b *testing.B) {
	queue := newFairQueue(DefaultConcurrent, DefaultShare, maxQueueWait)
	account := accountNamed("a")

	b.ReportAllocs()

	for b.Loop() {
		slot, err := queue.acquire(b.Context(), account)
		if err != nil {
			b.Fatal(err)
		}
		slot.done()
	}
}

// BenchmarkManyNames reads an object of names that are all different: a name costs the same among many.
func BenchmarkManyNames(b *testing.B) {
	for _, count := range []int{1000, 100_000} {
		var body strings.Builder
		for n := range count {
			fmt.Fprintf(&body, `,"n%d":1`, n)
		}
		object := "[{" + body.String()[1:] + "}]"

		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for b.Loop() {
				err := readAnswer(http.MethodGet, strings.NewReader(object), maxListBytes, func(a *answer) error {
					_, err := readListing(a)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/name")
		})
	}
}
