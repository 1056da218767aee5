package rotation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
)

// rows are the database rows that CheckKeyset reads.
type rows struct {
	uses    []rotation.Use
	retired seal.KeyID
	fault   error
}

func (r rows) KeysInUse(context.Context, int) ([]rotation.Use, error) { return r.uses, r.fault }

func (r rows) RetiredKey(_ context.Context, key seal.KeyID) (bool, error) {
	return key == r.retired, r.fault
}

// Two rows of one absent key are a keyset of another time; one may be damage, and keeps nobody from being served.
//
// Threat model: S04.
func TestOutdatedKeysetIsRejected(t *testing.T) {
	keyset, err := seal.FreshKeyset()
	if err != nil {
		t.Fatal(err)
	}
	use := func(key seal.KeyID, count int) rotation.Use {
		return rotation.Use{Table: "connections", Key: key, Known: true, Count: count}
	}
	own, absent := keyset.Primary(), keyset.Primary()+1

	down := errors.New("down")
	for name, tc := range map[string]struct {
		rows rows
		want string
	}{
		"nothing sealed yet":            {rows{}, ""},
		"its own":                       {rows{uses: []rotation.Use{use(own, 9)}}, ""},
		"one row of an absent key":      {rows{uses: []rotation.Use{use(own, 9), use(absent, 1)}}, ""},
		"rows that name no key":         {rows{uses: []rotation.Use{{Table: "connections", Count: 5}}}, ""},
		"half of a rotation is missing": {rows{uses: []rotation.Use{use(own, 9), use(absent, 2)}}, "sealed rows of connections"},
		"its primary was retired":       {rows{retired: own}, "a rotation retired"},
		"the database cannot say":       {rows{fault: down}, "down"},
	} {
		err := rotation.CheckKeyset(t.Context(), tc.rows, keyset)
		var refused *rotation.KeysetRejectedError

		if (err == nil) != (tc.want == "") || (err != nil && !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}

		if err != nil && tc.rows.fault == nil && !errors.As(err, &refused) {
			t.Errorf("%s: got %T", name, err)
		}
	}
}
