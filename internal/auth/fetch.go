package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	maxAnswerBytes   = 1 << 20
	maxHeaderBytes   = 64 << 10
	discoveryIsFresh = time.Hour
	// less than fetchTimeout: a discovery document that hangs leaves time for the keys
	discoveryTimeout = 2 * time.Second
)

// fetcher reads the issuer's discovery document and its keys: bounded, uncompressed, without following redirects. Its
// caller lets one fetch run at a time.
type fetcher struct {
	issuer    string
	issuerURL *url.URL
	client    *http.Client
	now       func() time.Time

	jwksURI    string
	discovered time.Time // of jwksURI
}

func newFetcher(options KeySetOptions, issuerURL *url.URL) *fetcher {
	transport := options.Client
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.DisableCompression = true // a small gzip body may be a very large one
		own.ResponseHeaderTimeout = fetchTimeout
		own.MaxResponseHeaderBytes = maxHeaderBytes
		transport = options.Proxies.Transport(own)
	}

	return &fetcher{issuer: options.Issuer, issuerURL: issuerURL, now: options.Now, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirects are not followed") },
	}}
}

// fetch returns the usable keys and how many were refused. No usable key is an error, after which the place of the keys
// is asked for again: the issuer may have moved them.
func (f *fetcher) fetch(ctx context.Context) (keys []jwkset.JWK, refused int, err error) {
	body, err := f.get(ctx, f.location(ctx))
	if err == nil {
		keys, refused, err = parseKeys(body)
	}

	if err != nil {
		f.jwksURI = ""
	}

	return keys, refused, err
}

// location is the jwks_uri of the discovery document (OpenID Connect Discovery section 3), taken only when the document
// names this very issuer and the URI stays on its origin; else the place where Auth0 has it.
func (f *fetcher) location(ctx context.Context) string {
	if f.jwksURI != "" && f.now().Sub(f.discovered) < discoveryIsFresh {
		return f.jwksURI
	}
	fallback := f.issuer + ".well-known/jwks.json"

	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()

	body, err := f.get(ctx, f.issuer+".well-known/openid-configuration")
	if err != nil {
		return fallback
	}

	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if json.Unmarshal(body, &document) != nil || document.Issuer != f.issuer {
		return fallback
	}

	location, err := url.Parse(document.JWKSURI)
	if err != nil || location.Scheme != f.issuerURL.Scheme || location.Host != f.issuerURL.Host ||
		location.User != nil {
		return fallback
	}
	f.jwksURI, f.discovered = document.JWKSURI, f.now()

	return document.JWKSURI
}

func (f *fetcher) get(ctx context.Context, location string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, location, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")

	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}

	defer func() { _ = response.Body.Close() }()

	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != "" {
		return nil, fmt.Errorf(
			"the issuer answered %d with content encoding %q",
			response.StatusCode,
			response.Header.Get("Content-Encoding"),
		)
	}

	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, err
	}

	if len(body) > maxAnswerBytes {
		return nil, fmt.Errorf("the issuer's answer is longer than %d bytes", maxAnswerBytes)
	}

	return body, nil
}
