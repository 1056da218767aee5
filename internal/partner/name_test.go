package partner_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/partner"
)

// Row G11: a service cannot call itself so that users take it for Upstash, or for another service.
//
// Threat model: G11.
func TestConfusableServiceNamesAreRejected(t *testing.T) {
	t.Parallel()

	others := []string{"Acme", "GitHub", "Linear 1", "Datenbüro", "Шоп"}

	tests := map[string]struct{ name, want string }{
		"empty":                        {"", "1 to 64 characters"},
		"too long":                     {strings.Repeat("x", 65), "1 to 64 characters"},
		"10 KB":                        {strings.Repeat("x", 10<<10), "1 to 64 characters"},
		"not UTF-8":                    {"a\xffb", "1 to 64 characters"},
		"white space before":           {" Shop", "white space"},
		"white space behind":           {"Shop ", "white space"},
		"white space alone":            {" ", "white space"},
		"a line end":                   {"Sh\nop", "visible text"},
		"an escape":                    {"Sh\x1b[31mop", "visible text"},
		"turned direction":             {"Sh\u202eop", "visible text"},
		"an isolate":                   {"Sh\u2066op", "visible text"},
		"a mark of direction":          {"Sh\u200eop", "visible text"},
		"zero width":                   {"Sh\u200bop", "visible text"},
		"a joiner":                     {"Sh\u200dop", "visible text"},
		"a soft hyphen":                {"Sh\u00adop", "visible text"},
		"a tag":                        {"Sh\U000e0041op", "visible text"},
		"a filler":                     {"Sh\u3164op", "visible text"},
		"a blank of braille":           {"\u2800", "visible text"},
		"a selector of variation":      {"Sh\ufe0fop", "visible text"},
		"another space":                {"Sh\u00a0op", "visible text"},
		"a private character":          {"Sh\ue000op", "visible text"},
		"a mark on nothing":            {"\u0301Shop", "visible text"},
		"marks in a heap":              {"Sho\u0301\u0302\u0303p", "visible text"},
		"signs alone":                  {"★ ★", "a letter or a digit"},
		"two scripts":                  {"Shoп", "scripts"},
		"small capitals":               {"ᴜᴘsᴛᴀsʜ", "scripts"},
		"other phonetic letters":       {"ᴀᴄᴍᴇ", "scripts"},
		"Upstash":                      {"Upstash", "Upstash's"},
		"Upstash in capitals":          {"UPSTASH", "Upstash's"},
		"Upstash and more":             {"Upstash Support", "Upstash's"},
		"Upstash inside":               {"Myupstashed", "Upstash's"},
		"Upstash in letters apart":     {"U p-s.t_a s h", "Upstash's"},
		"Upstash with accents":         {"Úpstăsh", "Upstash's"},
		"Upstash with accents beside":  {"U\u0301pstash", "Upstash's"},
		"Upstash in Cyrillic and such": {"υρѕtаѕһ", "scripts"},
		"Upstash in full width":        {"Ｕｐｓｔａｓｈ", "Upstash's"},
		"Upstash in circles":           {"ⓤⓟⓢⓣⓐⓢⓗ", "Upstash's"},
		"Upstash as mathematics":       {"𝐔𝓅𝕤𝗍𝚊𝒔𝙝", "Upstash's"},
		"Upstash with signs":           {"Up$t@5h", "Upstash's"},
		"another's name":               {"Acme", `looks like "Acme"`},
		"in capitals":                  {"ACME", `looks like "Acme"`},
		"with a sign":                  {"Ac-me!", `looks like "Acme"`},
		"with an accent":               {"Acmé", `looks like "Acme"`},
		"with r and n for an m":        {"Acrne", `looks like "Acme"`},
		"wholly in Cyrillic":           {"Асме", ""}, // its м looks like no Latin m
		"with an l for an I":           {"GlTHUB", `looks like "GitHub"`},
		"with a 1 for an i":            {"G1tHub", `looks like "GitHub"`},
		"with an I for an L":           {"Iinear l", `looks like "Linear 1"`},
		"as the other with its accent": {"Datenbu\u0308ro", `looks like "Datenbüro"`},
		"in Cyrillic as the other":     {"шоп", `looks like "Шоп"`},

		"plain":            {"Globex", ""},
		"with a sign kept": {"Ben & Jerry's <b>", ""},
		"with digits":      {"Shop 24/7", ""},
		"with an umlaut":   {"Bücher Möller", ""},
		"in Japanese":      {"アクメ株式会社 Cloud", ""},
		"in Korean":        {"애크미", ""},
		"in Greek":         {"Αθήνα", ""},
		"in Devanagari":    {"हिन्दी सेवा", ""},
		"in Arabic":        {"متجر", ""},
		"the longest allowed": {
			strings.Repeat("ü", 64), "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			err := partner.CheckName(tc.name, others)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("%q: got %v, want it accepted", tc.name, err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%q: got %v, want %q in it", tc.name, err, tc.want)
			}
		})
	}
}

func TestIDsOfServices(t *testing.T) {
	t.Parallel()

	for id, want := range map[string]bool{
		"a": true, "shop": true, "shop-2": true, "a" + strings.Repeat("b", 31): true,
		"": false, "self": false, "Shop": false, "2shop": false, "-shop": false, "sho p": false, "shop\n": false,
		"shöp": false, "shop/x": false, "a" + strings.Repeat("b", 32): false,
	} {
		if err := partner.CheckID(id); (err == nil) != want {
			t.Errorf("%q: got %v, want it accepted: %t", id, err, want)
		}
	}
}
