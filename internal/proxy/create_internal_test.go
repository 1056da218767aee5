package proxy

import (
	"context"
	"errors"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/upstash"
)

// takenOver is a store in which another call takes over each create before it is sent, an account to create for, an
// upstream that must receive no create, and the budget that is charged.
type fencedSource struct {
	CredentialSource
	Upstream
	CreateStore
	charged int
}

func (*fencedSource) Find(context.Context, keys.Account) (keys.Connection, error) {
	return keys.Connection{ID: "con_1", State: keys.Active, SealedKey: []byte("sealed")}, nil
}

func (*fencedSource) CredentialOf(context.Context, keys.Connection) (keys.Credential, error) {
	return keys.Credential{}, nil
}

func (*fencedSource) ReportAccepted(context.Context, keys.Credential) {}

func (*fencedSource) List(context.Context, upstash.Credential) (upstash.Listing, error) {
	return upstash.Listing{}, nil
}

func (*fencedSource) ClaimCreate(_ context.Context, wanted CreateRecord, _ ClaimTerms) (CreateRecord, Claim, error) {
	return wanted, ClaimFresh, nil
}

func (*fencedSource) SendCreate(context.Context, Sending) (bool, error) {
	return false, ErrCreateFenced
}

func (*fencedSource) DropCreate(context.Context, string, int64) error { return ErrCreateFenced }

func (t *fencedSource) Check(context.Context, limit.Caller) error { return nil }

func (t *fencedSource) Take(context.Context, limit.Caller) error {
	t.charged++
	return nil
}

func (t *fencedSource) Refund(context.Context, limit.Caller) error {
	t.charged--
	return nil
}

// A create that another call has taken over makes no upstream call, so it is not charged.
func TestTakenOverCreateIsRefunded(t *testing.T) {
	fake := &fencedSource{}
	options := complete(0)
	options.Credentials, options.Upstream, options.Creates, options.CreateBudget = fake, fake, fake, fake

	s, err := NewService(options)
	if err != nil {
		t.Fatal(err)
	}
	request := s.Validate(CreateRequest{Name: "x", PrimaryRegion: "us-east-1"})
	_, _, err = s.Create(t.Context(), keys.Account{}, "key", request)

	var busy *CreateBusyError
	if !errors.As(err, &busy) || fake.charged != 0 {
		t.Errorf("got %v and %d charged, want busy and nothing", err, fake.charged)
	}
}
