package api

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzCreateBody decodes arbitrary bodies. Decoding must not panic, and encoding/json must decode an accepted body to
// the same values.
func FuzzCreateBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name":"x","primary_region":"us-east-1"}`, `{"name":"x","name":"y"}`, `{"NAME":"x"}`, `{"budget":1e3}`, `{"budget":9223372036854775807}`, `{"budget":-0}`,
		`{"read_regions":["a","b"],"tls":true,"eviction":false}`, `{"name":null}`, `[]`, `{"name":"\ud83d\ude00"}`, `{"a~/b":1}`, `{"name":"x"} {}`, "{\"name\":\"\xff\"}", `{"x":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var body createBody

		found, err := decodeObject(raw, body.fields())
		if err != nil || found.problem() != nil {
			return
		}
		var other createBody
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()

		if err := decoder.Decode(&other); err != nil {
			t.Fatalf("%q was accepted; encoding/json returns %v", raw, err)
		}

		if len(other.ReadRegions) == 0 && len(body.ReadRegions) == 0 {
			other.ReadRegions, body.ReadRegions = nil, nil
		}

		if diff := cmp.Diff(other, body); diff != "" {
			t.Errorf("%q (-encoding/json +ours):\n%s", raw, diff)
		}
	})
}
