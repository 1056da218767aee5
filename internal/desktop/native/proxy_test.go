package native_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/egress"
)

// If a forward proxy blocks the token request, the error names the proxy, not the provider.
func TestLoginReportsAProxyThatBlocksIt(t *testing.T) {
	stopped := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer stopped.Close()

	proxies, faults := egress.Parse([]string{"HTTPS_PROXY=http://me:hunter2@" + strings.TrimPrefix(stopped.URL, "http://")})
	if len(faults) != 0 {
		t.Fatal(faults)
	}

	login := begin(t, newProvider(t), func(o *native.Options) {
		o.Provider.Issuer, o.Provider.Proxies = "https://issuer.example/", proxies
	})
	page := login.open(t, login.right())

	err := login.wait(t)
	named := "the proxy " + stopped.URL + " rejected the user name or the password (407)"

	var failed *native.ProviderError
	if !errors.As(err, &failed) || failed.Error() != "cannot reach the identity provider: "+named {
		t.Errorf("got %v, want %q", err, named)
	}

	if !strings.HasSuffix(failed.Problem().Detail, named+".") || strings.Contains(err.Error()+page.body, "hunter2") {
		t.Errorf("got %q, want %q and no password", failed.Problem().Detail, named)
	}
}
