package native

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

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
)

// Tokens are what a login gives. There is no refresh token among them: none is asked for, and one that comes unasked
// is not read.
type Tokens struct {
	Access secret.Text
	ID     secret.Text // zero when openid was not asked for
}

// ProviderError means that the identity provider refused, or answered in a way that cannot be used. Reason is its error
// code, made of the characters that RFC 6749 allows there, and empty when there is none.
type ProviderError struct {
	Reason string
	proxy  *egress.ProxyError // that did not let the call through
}

func (e *ProviderError) Error() string {
	if e.proxy != nil {
		return "the identity provider cannot be reached: " + e.proxy.Error()
	}

	if e.Reason == "" {
		return "the identity provider cannot be reached, or answered in a way that cannot be used"
	}

	return "the identity provider answered: " + e.Reason
}

// Problem says that nothing came of the login.
func (e *ProviderError) Problem() *problem.Error {
	return problem.Sentinel(problem.ProviderError, e.Error(), "Nothing was saved. "+problem.Sentence(e.Error()))
}

const (
	exchangeTimeout  = 15 * time.Second
	maxExchangeBytes = 64 << 10
)

// exchange redeems the code, once (RFC 6749 section 4.1.3, RFC 7636 section 4.5). No error of it holds the code or the
// verifier.
func (a attempt) exchange(ctx context.Context, code string) (Tokens, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {a.provider.ClientID}, "code": {code},
		"redirect_uri": {a.redirect}, "code_verifier": {a.verifier},
	}

	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, a.provider.Issuer+"oauth/token", strings.NewReader(form.Encode()),
	)
	if err != nil {
		return Tokens{}, errors.New("native: the issuer is not a URL")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	// the code goes nowhere else
	client := http.Client{
		Transport:     a.provider.Proxies.Transport(http.DefaultTransport.(*http.Transport).Clone()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()

	response, err := client.Do(request)
	if err != nil {
		blocked, _ := errors.AsType[*egress.ProxyError](err)
		return Tokens{}, fmt.Errorf("%w: %w", &ProviderError{proxy: blocked}, err)
	}

	defer func() { _ = response.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(response.Body, maxExchangeBytes))
	if err != nil {
		return Tokens{}, &ProviderError{}
	}

	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		IDToken     string `json:"id_token"`
		Error       string `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil || response.StatusCode != http.StatusOK {
		return Tokens{}, &ProviderError{Reason: errorCode(answer.Error)}
	}

	if answer.AccessToken == "" || !strings.EqualFold(answer.TokenType, "Bearer") { // RFC 6749 section 7.1
		return Tokens{}, &ProviderError{}
	}

	return Tokens{Access: secret.New(answer.AccessToken), ID: secret.New(answer.IDToken)}, nil
}

// errorCode is an error code as RFC 6749 section 5.2 allows it, cut to what a person reads; anyone may write into the
// redirect.
func errorCode(text string) string {
	const most = 64
	if text == "" || len(text) > most ||
		strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
		return ""
	}

	return text
}
