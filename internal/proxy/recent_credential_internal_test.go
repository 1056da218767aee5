package proxy

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
)

// replacedSource remembers a key that another server has replaced.
type replacedSource struct {
	CredentialSource
	calls []string
}

func (r *replacedSource) Recent(context.Context, keys.Account) (keys.Credential, error) {
	r.calls = append(r.calls, "remembered")
	return keys.Credential{KeyName: "old"}, nil
}

func (r *replacedSource) Credential(context.Context, keys.Account) (keys.Credential, error) {
	r.calls = append(r.calls, "anew")
	return keys.Credential{KeyName: "new"}, nil
}

func TestReadIsRetriedWithTheReplacementKey(t *testing.T) {
	replaced, down := &keys.InProgressError{}, errors.New("down")
	for name, test := range map[string]struct {
		errOld, errNew error
		want           error
		calls          []string
	}{
		"the key works":              {nil, nil, nil, []string{"remembered"}},
		"replaced":                   {replaced, nil, nil, []string{"remembered", "anew"}},
		"replaced again and again":   {replaced, replaced, replaced, []string{"remembered", "anew"}},
		"Upstash is down":            {down, nil, down, []string{"remembered"}},
		"the account must reconnect": {keys.ErrReconnectRequired, nil, keys.ErrReconnectRequired, []string{"remembered"}},
	} {
		t.Run(name, func(t *testing.T) {
			source := &replacedSource{}
			service := &Service{options: Options{Credentials: source}}

			read := func(credential keys.Credential) (string, error) {
				if credential.KeyName == "old" {
					return credential.KeyName, test.errOld
				}

				return credential.KeyName, test.errNew
			}

			got, err := withRecentCredential(t.Context(), service, keys.Account{}, read)
			if !errors.Is(err, test.want) || !slices.Equal(source.calls, test.calls) {
				t.Errorf("got %q, %v after the calls %v, want %v after %v", got, err, source.calls, test.want, test.calls)
			}
		})
	}
}
