package proxy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// lender is everything around one create, and counts what that asks of custody. The key it lends is called after how
// often one was opened.
type lender struct {
	takenOver
	reads, openings int
	changed         bool     // the connection, since the key was lent
	gone            bool     // the connection was disconnected
	lost            bool     // the answer to the create
	calls           []string // upstream, with their keys
	state           string   // of the record, in the end
}

func (l *lender) Find(context.Context, keys.Account) (keys.Connection, error) {
	l.reads++
	return keys.Connection{ID: "con_1"}, nil
}

func (l *lender) Lend(context.Context, keys.Connection) (keys.Held, error) {
	if l.gone {
		return keys.Held{}, keys.ErrConnectRequired
	}
	l.openings++
	held := keys.Held{ConnectionID: "con_1"}
	held.Key = secret.New(string('0' + rune(l.openings)))

	return held, nil
}

func (l *lender) Renew(ctx context.Context, held keys.Held) (keys.Held, error) {
	l.reads++
	if !l.changed && !l.gone {
		return held, nil
	}

	return l.Lend(ctx, keys.Connection{})
}

func (l *lender) List(_ context.Context, credential upstash.Credential) (upstash.Listing, error) {
	l.calls = append(l.calls, "list "+credential.Key.Reveal())
	if len(l.calls) == 1 {
		return upstash.Listing{}, nil
	}

	return upstash.Listing{Databases: []upstash.Database{{ID: "d1", Name: "x", PrimaryRegion: "us-east-1"}}}, nil
}

func (l *lender) CreateDatabase(
	_ context.Context, credential upstash.Credential, _ upstash.CreateRequest,
) (upstash.Database, error) {
	l.calls = append(l.calls, "create "+credential.Key.Reveal())
	if l.lost {
		return upstash.Database{}, upstash.ErrOutcomeUnknown
	}

	return upstash.Database{ID: "d1", Name: "x"}, nil
}

func (l *lender) SendCreate(context.Context, Sending) (bool, error) {
	l.state = "sent"
	return !l.changed && !l.gone, nil
}

func (l *lender) FinishCreate(context.Context, string, int64, string, []byte) error {
	l.state = "done"
	return nil
}

func (l *lender) SuspendCreate(context.Context, string, int64, time.Time) error {
	l.state = "suspended"
	return nil
}

func (l *lender) DropCreate(context.Context, string, int64) error {
	l.state = "dropped"
	return nil
}

func (l *lender) Record(context.Context, keys.Event) error { return nil }

// sealing keeps answers as they are.
type sealing struct{}

func (sealing) Seal(plain []byte, _ seal.Place) ([]byte, error)  { return plain, nil }
func (sealing) Open(sealed []byte, _ seal.Place) ([]byte, error) { return sealed, nil }

// interrupting changes something once upstream was asked for the first list.
type interrupting struct {
	*lender
	change func()
}

func (i interrupting) SendCreate(ctx context.Context, sending Sending) (bool, error) {
	i.change()
	return i.lender.SendCreate(ctx, sending)
}

// between changes something while the create is under way upstream.
type between struct {
	*lender
	change func()
}

func (b between) CreateDatabase(
	ctx context.Context, credential upstash.Credential, request upstash.CreateRequest,
) (upstash.Database, error) {
	defer b.change()
	return b.lender.CreateDatabase(ctx, credential, request)
}

func TestCreateBorrowsItsKeyOnce(t *testing.T) {
	tests := map[string]struct {
		before, during  func(*lender) // happens before the create is sent, and while it is under way
		lost            bool
		fails           error
		calls           string
		reads, openings int
		state           string
	}{
		"answered": {calls: "list 1, create 1", reads: 1, openings: 1, state: "done"},
		"lost":     {lost: true, calls: "list 1, create 1, list 1", reads: 2, openings: 1, state: "done"},
		"its key was replaced before it was sent": {
			before: func(l *lender) { l.changed = true },
			calls:  "list 1, create 2", reads: 2, openings: 2, state: "done",
		},
		"its key was replaced while it was lost": {
			during: func(l *lender) { l.changed = true }, lost: true,
			calls: "list 1, create 1, list 2", reads: 2, openings: 2, state: "done",
		},
		"disconnected before it was sent": {
			before: func(l *lender) { l.gone = true }, fails: keys.ErrConnectRequired,
			calls: "list 1", reads: 2, openings: 1, state: "dropped",
		},
		"disconnected while it was lost": {
			during: func(l *lender) { l.gone = true }, lost: true, fails: keys.ErrConnectRequired,
			calls: "list 1, create 1", reads: 2, openings: 1, state: "suspended",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &lender{lost: tc.lost}
			if err := fake.create(t, tc.before, tc.during); !errors.Is(err, tc.fails) {
				t.Errorf("got %v, want %v", err, tc.fails)
			}

			if got := strings.Join(fake.calls, ", "); got != tc.calls {
				t.Errorf("upstream was called with %s, want %s", got, tc.calls)
			}

			if fake.reads != tc.reads || fake.openings != tc.openings || fake.state != tc.state {
				t.Errorf("got %d reads, %d openings and a record that is %s; want %d, %d and %s",
					fake.reads, fake.openings, fake.state, tc.reads, tc.openings, tc.state)
			}

			if charged := fake.charged; (charged == 1) != (fake.state != "dropped") {
				t.Errorf("the account is charged for %d calls, and the create is %s", charged, fake.state)
			}
		})
	}
}

// create makes a create through a service around the lender, and calls before and during when they are due.
func (l *lender) create(t *testing.T, before, during func(*lender)) error {
	t.Helper()
	change := func(act func(*lender)) func() {
		return func() {
			if act != nil {
				act(l)
			}
		}
	}
	options := complete(0)
	options.Credentials, options.CreateBudget, options.Audit, options.Box = l, l, l, sealing{}
	options.Creates = interrupting{lender: l, change: change(before)}
	options.Upstream = between{lender: l, change: change(during)}

	s, err := NewService(options)
	if err != nil {
		t.Fatal(err)
	}
	request := s.Validate(CreateRequest{Name: "x", PrimaryRegion: "us-east-1"})
	_, _, err = s.Create(t.Context(), keys.Account{}, "key", request)

	return err
}

func TestCreateRefusesWhatWasNotValidated(t *testing.T) {
	fake := &lender{}
	options := complete(0)
	options.Credentials, options.Creates, options.Upstream = fake, fake, fake

	s, err := NewService(options)
	if err != nil {
		t.Fatal(err)
	}

	if _, _, err := s.Create(t.Context(), keys.Account{}, "", Validated{}); err == nil || fake.reads != 0 {
		t.Errorf("nothing at all: got %v and %d reads, want an error and none", err, fake.reads)
	}
	var faults *FaultsError

	_, _, err = s.Create(t.Context(), keys.Account{}, "", s.Validate(CreateRequest{}))
	if !errors.As(err, &faults) || len(faults.Faults) != 2 || fake.reads != 0 {
		t.Errorf("an empty request: got %v and %d reads, want its faults and none", err, fake.reads)
	}
}
