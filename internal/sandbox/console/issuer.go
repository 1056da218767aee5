package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// issuer is the identity provider. The console is a public client like any other and calls it over HTTP.
type issuer struct {
	url, clientID, callback string
	client                  *http.Client
}

const (
	issuerPatience  = 10 * time.Second
	maxIssuerAnswer = 1 << 20
)

func newIssuer(address, clientID, callback string) issuer {
	return issuer{address, clientID, callback, &http.Client{
		Timeout:       issuerPatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// authorizeURL is where the browser logs in (RFC 6749 section 4.1.1 with RFC 7636 section 4.3). The provider reuses a
// session that the browser already has.
func (i issuer) authorizeURL(state, verifier string) string {
	return i.url + "authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {i.clientID}, "redirect_uri": {i.callback}, "scope": {"openid email"},
		"state": {state}, "code_challenge": {hashOf(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
}

// logOutURL ends the browser's session at the provider and returns to the console.
func (i issuer) logOutURL(returnTo string) string {
	return i.url + "v2/logout?" + url.Values{"client_id": {i.clientID}, "returnTo": {returnTo}}.Encode()
}

// subject exchanges a code for the subject of the user. The provider itself reports the subject, for the token it
// just issued, so there is no signature to check (OpenID Connect Core section 5.3). PKCE binds the code to this
// login, so no nonce is needed.
func (i issuer) subject(ctx context.Context, code, verifier string) (string, error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {i.clientID}, "redirect_uri": {i.callback},
		"code": {code}, "code_verifier": {verifier},
	}

	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, i.url+"oauth/token", strings.NewReader(form.Encode()),
	)
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := i.call(request, &tokens); err != nil {
		return "", fmt.Errorf("redeem the code: %w", err)
	}

	request, err = http.NewRequestWithContext(ctx, http.MethodGet, i.url+"userinfo", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+tokens.AccessToken)

	var user struct {
		Subject string `json:"sub"`
	}
	if err := i.call(request, &user); err != nil {
		return "", fmt.Errorf("read the user's profile: %w", err)
	}

	if user.Subject == "" {
		return "", errors.New("the identity provider returned no subject")
	}

	return user.Subject, nil
}

func (i issuer) call(request *http.Request, answer any) error {
	response, err := i.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()

	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the identity provider responded with status %d", response.StatusCode)
	}

	return json.NewDecoder(io.LimitReader(response.Body, maxIssuerAnswer)).Decode(answer)
}
