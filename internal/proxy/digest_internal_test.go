package proxy

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
)

// A response that lacks a secret must not look like one after a reset: its digest is unknown, not another one.
func TestDigestNeedsEverySecret(t *testing.T) {
	t.Parallel()

	checked := 0

	for _, called := range operation.All() {
		object := called.On.ReadBack
		if object == nil {
			continue
		}
		whole := operation.Values{"name": "a"}

		for _, field := range object.Fields {
			if field.Secret {
				whole[field.Name] = secret.New("secret of " + field.Name)
			}
		}
		all := digest(whole, object)

		if all == "" || all != digest(whole, object) || strings.Contains(all, "secret") {
			t.Errorf("%s: got the digest %q", called.Name, all)
		}

		for name := range whole {
			if _, isSecret := whole[name].(secret.Text); !isSecret {
				continue
			}
			checked++

			for label, value := range map[string]any{"absent": nil, "empty": secret.New(""), "a text": "x", "another": secret.New("y")} {
				part := operation.Values{}
				for other, kept := range whole {
					part[other] = kept
				}
				part[name] = value
				got := digest(part, object)

				if label == "another" && (got == "" || got == all) || label != "another" && got != "" {
					t.Errorf("%s: with %s %s: got %q", called.Name, name, label, got)
				}
			}
		}

		if got := digest(whole, called.On.Object); got != "" {
			t.Errorf("%s: an object without secrets has the digest %q", called.Name, got)
		}
	}

	if checked == 0 {
		t.Error("no resource has secrets: this test would show nothing")
	}
}
