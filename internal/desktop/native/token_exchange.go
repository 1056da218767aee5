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

// Tokens are the tokens of a login. bff requests no refresh token, and ignores one that the provider sends anyway.
type Tokens struct {
	Access secret.Text
	ID     secret.Text // zero if openid was not requested
}

// ProviderError means that the identity provider is unreachable, or returned an error or an unusable response. Reason
// is its error code, with only the characters that RFC 6749 allows; it may be empty.
type ProviderError struct {
	Reason string
	proxy  *egress.ProxyError // the forward proxy that blocked the call
}

func (e *ProviderError) Error() string {
	if e.proxy != nil {
		return "cannot reach the identity provider: " + e.proxy.Error()
	}

	if e.Reason == "" {
		return "the identity provider is unreachable, or returned an unusable response"
	}

	return "the identity provider returned an error: " + e.Reason
}

// Problem adds that nothing was saved.
func (e *ProviderError) Problem() *problem.Error {
	return problem.Sentinel(problem.ProviderError, e.Error(), "Nothing was saved. "+problem.Sentence(e.Error()))
}

const (
	exchangeTimeout  = 15 * time.Second
	maxExchangeBytes = 64 << 10
)

// redeem exchanges the code for tokens, once (RFC 6749 section 4.1.3, RFC 7636 section 4.5). Its errors contain neither
// the code nor the verifier.
func (a attempt) redeem(ctx context.Context, code string) (Tokens, error) {
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
	// Follow no redirect: the code is for this endpoint only.
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

// errorCode returns text if it is a short error code that RFC 6749 section 5.2 allows, or else "". Anyone can write
// into the redirect.
func errorCode(text string) string {
	const most = 64
	if text == "" || len(text) > most ||
		strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
		return ""
	}

	return text
}
