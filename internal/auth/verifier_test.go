package auth

import (
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ready creates a verifier with the key.
func ready(tb testing.TB, key testKey) *Verifier {
	tb.Helper()
	issuer := &fakeIssuer{}
	issuer.publish(key.jwk(nil))

	set, verifier := newSet(tb, issuer, io.Discard)
	if err := set.refresh(tb.Context()); err != nil {
		tb.Fatal(err)
	}

	return verifier
}

func TestClaimsOfAnAcceptedToken(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)
	issued := time.Now().Add(-time.Minute).Truncate(time.Second)
	token := key.token(
		t, nil, map[string]any{"iat": issued.Unix(), "exp": issued.Add(time.Hour).Unix(), "azp": "second-client"},
	)

	got, err := verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}

	want := Claims{
		Issuer: issuerURL, Subject: "auth0|someone", ClientID: "second-client", Email: "someone@example.com",
		IssuedAt: issued, ExpiresAt: issued.Add(time.Hour), Digest: sha256.Sum256([]byte(token)),
		AuthenticatedAt: issued,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims differ (-want +got):\n%s", diff)
	}
}

// A token obtained with a refresh token has a newer iat, and the auth_time of the login. A cached token keeps both.
func TestTimeOfTheLoginIsAuthTime(t *testing.T) {
	key := newKeys(t, 1)[0]
	issued := time.Now().Add(-time.Minute).Truncate(time.Second)
	login := issued.Add(-3 * time.Hour)

	for name, test := range map[string]struct {
		claim any
		want  time.Time // zero: rejected
	}{
		"from a refresh token":      {login.Unix(), login},
		"of the same second":        {issued.Unix(), issued},
		"absent: iat":               {nil, issued},
		"zero":                      {0, time.Time{}},
		"negative":                  {-login.Unix(), time.Time{}},
		"a string":                  {login.Format(time.RFC3339), time.Time{}},
		"a fraction":                {float64(login.Unix()) + 0.5, time.Time{}},
		"a list":                    {[]int64{login.Unix()}, time.Time{}},
		"later than every calendar": {int64(1) << 62, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			verifier := ready(t, key)
			token := key.token(t, nil, map[string]any{"iat": issued.Unix(), "auth_time": test.claim})

			if test.want.IsZero() {
				verify(t, verifier, token, "invalid")
				return
			}

			for range 2 {
				got, err := verifier.Verify(t.Context(), token)
				if err != nil || !got.AuthenticatedAt.Equal(test.want) || !got.IssuedAt.Equal(issued) {
					t.Errorf("got login at %v, issued %v, %v; want %v, %v",
						got.AuthenticatedAt, got.IssuedAt, err, test.want, issued)
				}
			}
			remembered(t, verifier, 1, 1)
		})
	}
}

// Threat model: T17.
func TestExpiryLeeway(t *testing.T) {
	key := newKeys(t, 1)[0]

	leeway := int64(Leeway / time.Second)
	for name, test := range map[string]struct {
		claim  string
		offset int64 // relative to now
		want   string
	}{
		"expired, a second inside the leeway":       {"exp", -leeway + 1, "accepted"},
		"expired, the leeway used up":               {"exp", -leeway, "invalid"},
		"expired, a second beyond the leeway":       {"exp", -leeway - 1, "invalid"},
		"not yet valid, the leeway used up":         {"nbf", leeway, "accepted"},
		"not yet valid, a second beyond the leeway": {"nbf", leeway + 1, "invalid"},
		"issued ahead, the leeway used up":          {"iat", leeway, "accepted"},
		"issued ahead, a second beyond the leeway":  {"iat", leeway + 1, "invalid"},
		"login ahead, the leeway used up":           {"auth_time", leeway, "accepted"},
		"login ahead, a second beyond the leeway":   {"auth_time", leeway + 1, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // no time passes between signing and verifying
				token := key.token(t, nil, map[string]any{test.claim: time.Now().Unix() + test.offset})
				verify(t, ready(t, key), token, test.want)
			})
		})
	}
}

func TestSizeOfATokenIsBounded(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)
	padded := func(size int) string {
		short := key.token(t, nil, map[string]any{"pad": ""})
		return key.token(t, nil, map[string]any{"pad": strings.Repeat("p", (size-len(short))*3/4)})
	}

	largest := padded(maxTokenBytes - 8)
	if len(largest) > maxTokenBytes {
		t.Fatalf("the padded token has %d bytes, want at most %d", len(largest), maxTokenBytes)
	}
	verify(t, verifier, largest, "accepted")
	verify(t, verifier, padded(maxTokenBytes+8), "invalid")
	verify(t, verifier, strings.Repeat(".", 1<<20), "invalid")
	verify(t, verifier, "a."+strings.Repeat("A", 1<<20)+".c", "invalid")
}

func TestErrorOfARejectedTokenIsShort(t *testing.T) {
	key := newKeys(t, 1)[0]

	verifier := ready(t, key)
	for name, header := range map[string]map[string]any{
		"long algorithm": {"alg": strings.Repeat("A", 8<<10)},
		"long typ":       {"typ": strings.Repeat("T", 8<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verifier.Verify(t.Context(), key.token(t, header, nil))
			if !errors.Is(err, ErrInvalidToken) || len(err.Error()) > 300 {
				t.Errorf(
					"got a reason of %d bytes, want a short one that says invalid token: it goes to the log",
					len(err.Error()),
				)
			}
		})
	}
}

// The error reports an expiry only for a token that was valid. For a forged token it reveals nothing.
func TestOnlyValidTokensAreReportedAsExpired(t *testing.T) {
	pair := newKeys(t, 2)
	verifier := ready(t, pair[0])

	past := time.Now().Add(-time.Hour).Unix()
	for name, test := range map[string]struct {
		token string
		want  bool
	}{
		"expired":                       {pair[0].token(t, nil, map[string]any{"exp": past}), true},
		"expired, for another API":      {pair[0].token(t, nil, map[string]any{"exp": past, "aud": "other"}), false},
		"expired, from the future":      {pair[0].token(t, nil, map[string]any{"exp": past, "nbf": time.Now().Add(time.Hour).Unix()}), false},
		"expired, signed by a stranger": {pair[1].token(t, map[string]any{"kid": pair[0].id}, map[string]any{"exp": past}), false},
		"no date":                       {pair[0].token(t, nil, map[string]any{"exp": nil}), false},
	} {
		_, err := verifier.Verify(t.Context(), test.token)
		if !errors.Is(err, ErrInvalidToken) || errors.Is(err, ErrExpiredToken) != test.want {
			t.Errorf("%s: got %v, want an error, with ErrExpiredToken: %t", name, err, test.want)
		}
	}
}

func TestIDTokenGivesTheEmail(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)

	access := Claims{Issuer: issuerURL, Subject: "auth0|someone", ClientID: clientID}
	for name, test := range map[string]struct {
		claims      map[string]any
		email, want string
	}{
		"verified":                       {nil, "someone@example.com", "accepted"},
		"not verified":                   {map[string]any{"email_verified": false}, "", "accepted"},
		"verification not said":          {map[string]any{"email_verified": nil}, "", "accepted"},
		"verification as text":           {map[string]any{"email_verified": "true"}, "", "accepted"},
		"verification a number":          {map[string]any{"email_verified": 1}, "", "accepted"},
		"no e-mail":                      {map[string]any{"email": nil}, "", "accepted"},
		"e-mail a number":                {map[string]any{"email": 1}, "", "accepted"},
		"another account":                {map[string]any{"sub": "auth0|another"}, "", "invalid"},
		"another client":                 {map[string]any{"aud": "second-client"}, "", "invalid"},
		"the API's access token":         {map[string]any{"aud": audience}, "", "invalid"},
		"two audiences, azp ours":        {map[string]any{"aud": []string{clientID, "x"}, "azp": clientID}, "someone@example.com", "accepted"},
		"two audiences, azp another's":   {map[string]any{"aud": []string{clientID, "x"}, "azp": "x"}, "", "invalid"},
		"two audiences, azp not said":    {map[string]any{"aud": []string{clientID, "x"}, "azp": nil}, "", "invalid"},
		"another issuer":                 {map[string]any{"iss": "https://other.example/"}, "", "invalid"},
		"expired":                        {map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, "", "invalid"},
		"the API's claim for the e-mail": {map[string]any{"email": nil, "https://user.io/email": "x@example.com"}, "", "accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			claims := changed(
				map[string]any{"aud": clientID, "azp": nil, "email": "someone@example.com", "email_verified": true},
				nil,
			)
			for member, value := range test.claims {
				claims[member] = value
			}

			got, err := verifier.VerifiedEmail(t.Context(), key.token(t, nil, claims), access)
			if outcome(err) != test.want || got != test.email {
				t.Errorf("got e-mail %q, %s (%v); want %q, %s", got, outcome(err), err, test.email, test.want)
			}
		})
	}
}

func TestVerifierRequiresItsOptions(t *testing.T) {
	whole := Options{
		Issuer:     issuerURL,
		Audience:   audience,
		ClientIDs:  []string{clientID},
		EmailClaim: "email",
		Keys:       &KeySet{},
	}
	if _, err := NewVerifier(whole); err != nil {
		t.Fatal(err)
	}

	for name, spoil := range map[string]func(*Options){
		"no issuer":             func(o *Options) { o.Issuer = "" },
		"no audience":           func(o *Options) { o.Audience = "" },
		"no client ids":         func(o *Options) { o.ClientIDs = nil },
		"an empty client id":    func(o *Options) { o.ClientIDs = []string{clientID, ""} },
		"no e-mail claim":       func(o *Options) { o.EmailClaim = "" },
		"no source of the keys": func(o *Options) { o.Keys = nil },
	} {
		t.Run(name, func(t *testing.T) {
			options := whole
			spoil(&options)

			if _, err := NewVerifier(options); err == nil {
				t.Error("got no error")
			}
		})
	}
}

// BenchmarkRejectedTokens compares the cost of rejected tokens, to find a timing oracle for keys (T32). The verifier
// rejects an unknown key ID before it checks the signature. Key IDs are public, so this reveals nothing.
func BenchmarkRejectedTokens(b *testing.B) {
	key := newKeys(b, 1)[0]
	verifier := ready(b, key)

	genuine := key.token(b, nil, nil)
	for name, token := range map[string]string{
		"wrong kid":       key.token(b, map[string]any{"kid": "unknown"}, nil),
		"wrong signature": genuine[:len(genuine)-8] + "AAAAAAAA",
		"wrong aud":       key.token(b, nil, map[string]any{"aud": "other"}),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := verifier.Verify(b.Context(), token); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
