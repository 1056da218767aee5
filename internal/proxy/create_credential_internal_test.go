package proxy

import (
	"context"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// recordingSource is a credential source that only records its calls.
type recordingSource struct {
	CredentialSource
	calls []string
}

func (r *recordingSource) Credential(context.Context, keys.Account) (keys.Credential, error) {
	r.calls = append(r.calls, "read the row again")

	return keys.Credential{}, nil
}

func (r *recordingSource) CredentialOf(context.Context, keys.Connection) (keys.Credential, error) {
	r.calls = append(r.calls, "open the given row")

	return keys.Credential{}, nil
}

func (r *recordingSource) Renew(context.Context, keys.Credential) (keys.Credential, error) {
	r.calls = append(r.calls, "renew")

	return keys.Credential{}, nil
}

// A key that was disconnected while the create waited for its claim must not leave with it.
func TestFirstCallUsesOnlyARecentlyReadRow(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		readAt time.Time
		first  string
	}{
		"read just now":         {time.Now().Add(time.Minute), "open the given row"},
		"read long before this": {time.Now().Add(-time.Second), "read the row again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			source := &recordingSource{}
			service := &Service{options: Options{Credentials: source}}
			credential := &createCredential{readAt: test.readAt}

			for range 2 {
				if _, err := service.credential(t.Context(), credential); err != nil {
					t.Fatal(err)
				}
			}

			if len(source.calls) != 2 || source.calls[0] != test.first || source.calls[1] != "renew" {
				t.Errorf("the credential source received %q; want %q, then renew", source.calls, test.first)
			}
		})
	}
}
