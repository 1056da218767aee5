package proxy

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

func number(n int64) *int64 { return &n }
func truth(b bool) *bool    { return &b }

// Two bodies have one fingerprint exactly when they ask for the same: no value may flow over into its neighbour.
func TestFingerprintsDifferWhenRequestsDiffer(t *testing.T) {
	base := CreateRequest{Name: "x", Platform: "aws", PrimaryRegion: "us-east-1"}
	changed := func(change func(*CreateRequest)) CreateRequest {
		request := base
		change(&request)
		return request
	}

	seen := map[[32]byte]string{}
	for name, request := range map[string]CreateRequest{
		"the base":                  base,
		"another name":              changed(func(r *CreateRequest) { r.Name = "y" }),
		"a name that swallows more": changed(func(r *CreateRequest) { r.Name = "x3:aws"; r.Platform = "" }),
		"another region":            changed(func(r *CreateRequest) { r.PrimaryRegion = "us-east-2" }),
		"a replica":                 changed(func(r *CreateRequest) { r.ReadRegions = []string{"us-west-1"} }),
		"two replicas":              changed(func(r *CreateRequest) { r.ReadRegions = []string{"us-west-1", "us-west-2"} }),
		"their names in one":        changed(func(r *CreateRequest) { r.ReadRegions = []string{"us-west-19:us-west-2"} }),
		"in another order":          changed(func(r *CreateRequest) { r.ReadRegions = []string{"us-west-2", "us-west-1"} }),
		"a plan":                    changed(func(r *CreateRequest) { r.Plan = "payg" }),
		"a plan like a budget":      changed(func(r *CreateRequest) { r.Plan = "b0" }),
		"no budget is not 0":        changed(func(r *CreateRequest) { r.Budget = number(0) }),
		"a budget":                  changed(func(r *CreateRequest) { r.Budget = number(10) }),
		"a longer budget":           changed(func(r *CreateRequest) { r.Budget = number(100) }),
		"no eviction is not false":  changed(func(r *CreateRequest) { r.Eviction = truth(false) }),
		"eviction":                  changed(func(r *CreateRequest) { r.Eviction = truth(true) }),
	} {
		sum := request.fingerprint()
		if other, found := seen[sum]; found {
			t.Errorf("%q and %q have one fingerprint", name, other)
		}
		seen[sum] = name
	}
	global, secure := base, base

	global.Region, secure.TLS = "global", truth(true)
	if global.fingerprint() != base.fingerprint() || secure.fingerprint() != base.fingerprint() {
		t.Error("what can only have one value makes another body")
	}
}

func TestKeysAreBoundToTheirRouteAndGrant(t *testing.T) {
	first, second := &Grant{ID: "grt_1", MaxDatabases: 1}, &Grant{ID: "grt_2"}
	if keyHash(redisCreateRoute, "", nil) != nil || keyHash(redisCreateRoute, "", first) != nil {
		t.Error("no key has a hash")
	}

	plain := sha256.Sum256([]byte("a"))
	if bytes.Equal(keyHash(redisCreateRoute, "a", nil), keyHash(redisCreateRoute, "b", nil)) || bytes.Equal(keyHash(redisCreateRoute, "a", nil), plain[:]) {
		t.Error("a key's hash is not its own, or another route could have the same")
	}

	if bytes.Equal(keyHash(redisCreateRoute, "a", nil), keyHash(redisCreateRoute, "a", first)) || bytes.Equal(keyHash(redisCreateRoute, "a", first), keyHash(redisCreateRoute, "a", second)) {
		t.Error("two grants, or a grant and the account itself, share a key")
	}

	narrowed := &Grant{ID: "grt_1"}
	if !bytes.Equal(keyHash(redisCreateRoute, "a", first), keyHash(redisCreateRoute, "a", narrowed)) {
		t.Error("a key is another one once its grant was narrowed")
	}
}
