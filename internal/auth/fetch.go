package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	maxAnswerBytes   = 1 << 20
	maxKeys          = 64
	discoveryIsFresh = time.Hour
)

// fetcher reads the issuer's discovery document and its keys: bounded, uncompressed, without following redirects.
type fetcher struct {
	issuer     string
	issuerURL  *url.URL
	client     *http.Client
	busy       atomic.Bool
	jwksURI    atomic.Pointer[string]
	discovered atomic.Int64 // unix seconds of the last good discovery
}

func newFetcher(issuer string, issuerURL *url.URL, transport http.RoundTripper) *fetcher {
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.DisableCompression = true // a small gzip body may be a very large one
		own.ResponseHeaderTimeout = fetchTimeout
		transport = own
	}
	return &fetcher{issuer: issuer, issuerURL: issuerURL, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirects are not followed") },
	}}
}

// fetch returns the usable keys and how many were refused. No usable key is an error.
func (f *fetcher) fetch(ctx context.Context) ([]jwkset.JWK, int, error) {
	f.busy.Store(true)
	defer f.busy.Store(false)
	body, err := f.get(ctx, f.location(ctx))
	if err != nil {
		return nil, 0, err
	}
	return parseKeys(body)
}

// location is the jwks_uri of the discovery document (OpenID Connect Discovery section 3), taken only when the document
// names this very issuer and the URI stays on its origin; else the place where Auth0 has it.
func (f *fetcher) location(ctx context.Context) string {
	if known := f.jwksURI.Load(); known != nil && time.Since(time.Unix(f.discovered.Load(), 0)) < discoveryIsFresh {
		return *known
	}
	fallback := f.issuer + ".well-known/jwks.json"
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
	if err != nil || location.Scheme != f.issuerURL.Scheme || location.Host != f.issuerURL.Host || location.User != nil {
		return fallback
	}
	f.jwksURI.Store(&document.JWKSURI)
	f.discovered.Store(time.Now().Unix())
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
		return nil, fmt.Errorf("the issuer answered %d with content encoding %q", response.StatusCode, response.Header.Get("Content-Encoding"))
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

// parseKeys takes RSA signature keys, one by one, so that one it cannot read costs only itself.
func parseKeys(body []byte) (keys []jwkset.JWK, refused int, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, 0, errors.New("the issuer's key set is not JSON")
	}
	seen := map[string]bool{}
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		key, err := parseKey(raw)
		if err != nil || seen[key.Marshal().KID] {
			refused++
			continue
		}
		seen[key.Marshal().KID] = true
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, refused, errors.New("the issuer's key set holds no usable key")
	}
	return keys, refused + max(0, len(set.Keys)-maxKeys), nil
}

const (
	minModulusChars = 342  // base64url of 2048 bits, RFC 7518 section 3.3
	maxModulusChars = 1366 // of 8192 bits: checking a signature with a larger one is work for an attacker to cause
)

func parseKey(raw json.RawMessage) (jwkset.JWK, error) {
	var key jwkset.JWKMarshal
	if err := json.Unmarshal(raw, &key); err != nil {
		return jwkset.JWK{}, err
	}
	switch {
	case key.KTY != jwkset.KtyRSA: // an "oct" key in a public document would let anyone sign
		return jwkset.JWK{}, errors.New("not an RSA key")
	case key.KID == "" || len(key.KID) > maxKidBytes:
		return jwkset.JWK{}, errors.New("no usable kid")
	case key.USE != "" && key.USE != jwkset.UseSig:
		return jwkset.JWK{}, errors.New("not a signature key")
	case key.ALG != "" && key.ALG != jwkset.AlgRS256:
		return jwkset.JWK{}, errors.New("not an RS256 key")
	case len(key.N) < minModulusChars || len(key.N) > maxModulusChars:
		return jwkset.JWK{}, errors.New("modulus too short or too long")
	}
	// Only the public numbers count: no certificate is followed, no private part is kept, and the algorithm is pinned.
	public := jwkset.JWKMarshal{KTY: key.KTY, KID: key.KID, ALG: jwkset.AlgRS256, USE: jwkset.UseSig, N: key.N, E: key.E}
	return jwkset.NewJWKFromMarshal(public, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
}
