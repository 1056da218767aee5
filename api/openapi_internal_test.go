package api

import "testing"

func TestAsJSON(t *testing.T) {
	for name, tc := range map[string]struct{ yaml, json string }{
		"keys in the order of the alphabet": {"b: 1\na: {d: [x, null], c: true}\n", `{
  "a": {
    "c": true,
    "d": [
      "x",
      null
    ]
  },
  "b": 1
}
`},
		"comments are removed":             {"# generated\na: '1'\n", "{\n  \"a\": \"1\"\n}\n"},
		"what is not YAML":                 {"a: [", ""},
		"a key twice":                      {"a: 1\na: 2\n", ""},
		"a key that no JSON object allows": {"{1: a}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := asJSON([]byte(tc.yaml))
			if string(got) != tc.json || (err == nil) != (tc.json != "") {
				t.Errorf("got %q and %v, want %q", got, err, tc.json)
			}
		})
	}
}
