package partner

import (
	"regexp"
	"strings"
	"testing"
)

// tokenForm is the form of a token in one expression: what ParseToken accepts is what matches, with a right checksum.
var tokenForm = regexp.MustCompile(`^upc_(live|test)_([A-Za-z0-9]{4,32})_([A-Za-z0-9]{43,96})([0-9a-f]{8})\z`)

func FuzzServiceToken(f *testing.F) {
	made, _ := NewToken(Live, NewTokenID())
	good := made.Reveal()
	body := strings.TrimSuffix(good, good[len(good)-8:])

	for _, seed := range []string{
		good, body, good + "\n", "upc_live__" + body, "upc_test_abcd_", "upc_live_abc_x", strings.ToUpper(good),
		strings.Replace(good, "_live_", "_live_a_", 1), strings.Replace(good, "live", "test", 1),
	} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, text string) {
		for _, candidate := range []string{text, text + checksum(text)} {
			parts := tokenForm.FindStringSubmatch(candidate)
			want := parts != nil && parts[1] == string(Live) &&
				checksum(strings.TrimSuffix(candidate, parts[4])) == parts[4]

			got, err := ParseToken(candidate, Live)
			if (err == nil) != want || (want && got.ID != parts[2]) {
				t.Errorf("%q: got %+v, %v, want it accepted: %t", candidate, got, err, want)
			}
		}
	})
}

func BenchmarkParseToken(b *testing.B) {
	made, _ := NewToken(Live, NewTokenID())
	text := made.Reveal()
	b.ReportAllocs()

	for b.Loop() {
		if _, err := ParseToken(text, Live); err != nil {
			b.Fatal(err)
		}
	}
}
