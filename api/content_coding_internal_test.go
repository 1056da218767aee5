package api

import (
	"fmt"
	"strings"
	"testing"
)

func TestCodingOfAResponse(t *testing.T) {
	both := []coding{brotli, gzipped}
	for _, c := range []struct {
		header    []string
		available []coding
		want      coding
	}{
		{[]string{"gzip, deflate, br, zstd"}, both, brotli}, // Chromium, Firefox and Safari over TLS
		{[]string{"gzip, deflate"}, both, gzipped},          // and without
		{[]string{"gzip"}, both, gzipped},                   // Go
		{[]string{"gzip", "br"}, both, brotli},              // two lines are one list
		{nil, both, identity},
		{[]string{""}, both, identity},
		{[]string{"identity"}, both, identity},
		{[]string{"deflate, zstd"}, both, identity},
		{[]string{"br"}, []coding{gzipped}, identity},
		{[]string{"br, gzip"}, nil, identity},

		{[]string{"br;q=0.5, gzip"}, both, gzipped},
		{[]string{"br;q=0.8,gzip;q=0.799"}, both, brotli},
		{[]string{"br;q=0, gzip"}, both, gzipped},
		{[]string{"br;q=0, gzip;q=0"}, both, identity},
		{[]string{"br;q=0.000"}, both, identity},
		{[]string{"gzip;q=0.001"}, both, gzipped},
		{[]string{"gzip;q=0.5, identity"}, both, identity}, // prefers the uncompressed form
		{[]string{"gzip;q=0.5, identity;q=0.5"}, both, gzipped},
		{[]string{"br;q=0.4, gzip;q=0.6, identity;q=0.5"}, both, gzipped},
		{[]string{"identity;q=0"}, both, identity}, // no acceptable form: identity instead of 406
		{[]string{"gzip, identity;q=0"}, both, gzipped},
		{[]string{"deflate, identity;q=0"}, both, identity},

		{[]string{"*"}, both, brotli},
		{[]string{"*"}, []coding{gzipped}, gzipped},
		{[]string{"*"}, nil, identity},
		{[]string{"*;q=0"}, both, identity},
		{[]string{"br;q=0, *"}, both, gzipped}, // the star matches codings that are not named
		{[]string{"identity, *;q=0"}, both, identity},
		{[]string{"gzip, *;q=0"}, both, gzipped},

		{[]string{"GZIP"}, both, gzipped}, // codings are case-insensitive (section 8.4.1)
		{[]string{"x-gzip"}, both, gzipped},
		{[]string{" gzip ; Q=1.000 "}, both, gzipped},
		{[]string{",, gzip ,"}, both, gzipped},
		{[]string{"gzip;q=1.1"}, both, identity},
		{[]string{"gzip;q=-1"}, both, identity},
		{[]string{"gzip;q=0.1234"}, both, identity},
		{[]string{"gzip;q=x"}, both, identity},
		{[]string{"gzip;q=0.+1"}, both, identity},
		{[]string{"gzip;level=9"}, both, identity},
		{[]string{"brotli, bro, gz"}, both, identity},
	} {
		if got := acceptable(c.header, c.available); got != c.want {
			t.Errorf("%q of %q: got %s, want %s", c.header, c.available, got, c.want)
		}
	}
}

// A client may send any number of names.
func TestUnknownCodingsAreNotStored(t *testing.T) {
	var names []string
	for n := range 10_000 {
		names = append(names, fmt.Sprint("c", n))
	}
	header := []string{strings.Join(names, ",") + ",br;q=0.5,gzip,identity;q=0,*"}

	if got := weights(header); len(got) != 4 || got["br"] != 500 || got["gzip"] != 1000 {
		t.Errorf("got %d names, want the four known ones", len(got))
	}
}
