//go:build unix

package test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/test/harness"
)

// TestLoginThroughAnotherPartnerIsRejected makes the token as another partner would: by a login of a user at the
// provider, with that partner's client. Nothing in it is forged, so only the client's name can cause the rejection.
//
// Threat model: T13.
func TestLoginThroughAnotherPartnerIsRejected(t *testing.T) {
	p := harness.StartProduct(t)
	theirs := p.TokenByLogIn(t, sandbox.OtherPartnerClientID, "http://localhost:9090/callback")
	p.RejectedAtEveryEndpoint(t, harness.Bearer(theirs), 403, "client_not_allowed")

	if minted := p.Mints(t); minted != 0 {
		t.Errorf("%d keys were minted with another partner's token", minted)
	}
	// The same user by our own client is welcome.
	if err := p.StandIns.AllowApp(p.URL); err != nil {
		t.Fatal(err)
	}
	p.Login(t, p.TokenByLogIn(t, harness.SpaClient, p.URL+"/callback"))
}
