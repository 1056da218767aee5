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
	maxResponseBytes = 1 << 20
	maxHeaderBytes   = 64 << 10
	discoveryIsFresh = time.Hour
	// less than fetchTimeout, so that after a discovery timeout there is time to read the keys
	discoveryTimeout = 2 * time.Second
)

// fetcher reads the issuer's discovery document and keys, with size limits, without compression and without redirects.
// It is not safe for concurrent use.
type fetcher struct {
	issuer    string
	issuerURL *url.URL
	client    *http.Client
	now       func() time.Time

	jwksURI    string
	discovered time.Time // when jwksURI was read
}

func newFetcher(options KeySetOptions, issuerURL *url.URL) *fetcher {
	transport := options.Client
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.DisableCompression = true // a small gzip body may expand to a very large one
		own.ResponseHeaderTimeout = fetchTimeout
		own.MaxResponseHeaderBytes = maxHeaderBytes
		transport = options.Proxies.Transport(own)
	}

	return &fetcher{issuer: options.Issuer, issuerURL: issuerURL, now: options.Now, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirects are not followed") },
	}}
}

// fetch returns the usable keys and the number of rejected ones. It returns an error if there is no usable key. After
// an error, the next fetch reads the discovery document again, because the issuer may have moved the keys.
func (f *fetcher) fetch(ctx context.Context) (keys []jwkset.JWK, rejected int, err error) {
	body, err := f.get(ctx, f.location(ctx))
	if err == nil {
		keys, rejected, err = parseKeys(body)
	}

	if err != nil {
		f.jwksURI = ""
	}

	return keys, rejected, err
}

// location returns the jwks_uri of the discovery document (OpenID Connect Discovery section 3). It returns Auth0's
// usual path if the document is unavailable, names another issuer, or its jwks_uri has another origin.
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
			"the issuer returned status %d with content encoding %q",
			response.StatusCode,
			response.Header.Get("Content-Encoding"),
		)
	}

	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes+1))
	if err != nil {
		return nil, err
	}

	if len(body) > maxResponseBytes {
		return nil, fmt.Errorf("the issuer's response is longer than %d bytes", maxResponseBytes)
	}

	return body, nil
}
