package proxy

import (
	"context"
	"errors"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/upstash"
)

const indexID = "96ad0856-03b1-4ee7-9666-e81abd0349e1"

// A guarded operation never passes without a confirmation, also where upstream's response has no readable name.
func TestUnreadableNameIsConfirmedByTheID(t *testing.T) {
	t.Parallel()

	called, _ := operation.Find("vector.delete")

	for name, row := range map[string]struct {
		confirmed, upstream string
		want                error
	}{
		"the name":                     {"mine", "mine", nil},
		"another name":                 {"other", "mine", ErrConfirmation},
		"nothing":                      {"", "mine", ErrConfirmation},
		"nothing, for no name":         {"", "", ErrConfirmation},
		"the ID, for no name":          {indexID, "", nil},
		"the ID, for one with a name":  {indexID, "mine", ErrConfirmation},
		"another name, for no name":    {"mine", "", ErrConfirmation},
		"the name in another spelling": {"MINE", "mine", ErrConfirmation},
	} {
		write := resourceWrite{of: Call{Operation: called, ID: indexID, Confirmed: row.confirmed}}
		now := operation.Values{"id": indexID}

		if row.upstream != "" {
			now["name"] = row.upstream
		}

		if err := write.checkName(now); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, row.want)
		}
	}
}

// unroutedDelete is an upstream whose delete returns 404, with or without the resource.
type unroutedDelete struct {
	CredentialSource
	Upstream
	gone bool
}

func (*unroutedDelete) Renew(_ context.Context, credential keys.Credential) (keys.Credential, error) {
	return credential, nil
}

func (*unroutedDelete) ReportAccepted(context.Context, keys.Credential) {}

func (*unroutedDelete) Send(context.Context, upstash.Credential, upstash.Request) error {
	return upstash.ErrNotFound
}

func (u *unroutedDelete) Object(
	context.Context, upstash.Credential, upstash.Request, *operation.Object, string,
) (operation.Values, error) {
	if u.gone {
		return nil, upstash.ErrNotFound
	}

	return operation.Values{"id": indexID, "name": "mine"}, nil
}

// A 404 to the delete may come from something on the way that does not route it.
func TestDeleteCountsOnlyWhenTheResourceIsAbsent(t *testing.T) {
	t.Parallel()

	called, _ := operation.Find("vector.delete")

	for _, gone := range []bool{true, false} {
		fake := &unroutedDelete{gone: gone}
		s := &Service{options: Options{Credentials: fake, Upstream: fake}}
		write := resourceDestroy{resourceWrite{of: Call{Operation: called, ID: indexID}}}

		_, err := write.call(t.Context(), s, &claimed{credential: &createCredential{current: &keys.Credential{}}})
		if (err == nil) != gone {
			t.Errorf("with the resource gone %t: got %v", gone, err)
		}
	}
}
