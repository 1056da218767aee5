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

// BenchmarkStrip reads a list in memory: the one-pass reader, and beside it decoding into maps and picking.
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

// BenchmarkTurns takes a turn that is free, and gives it back.
func BenchmarkTurns(b *testing.B) {
	turns := newTurns(DefaultConcurrent, DefaultShare, turnPatience)
	account := accountNamed("a")

	b.ReportAllocs()

	for b.Loop() {
		taken, err := turns.take(b.Context(), account)
		if err != nil {
			b.Fatal(err)
		}
		taken.done()
	}
}
