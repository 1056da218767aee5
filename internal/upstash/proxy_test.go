package upstash_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// A call that the proxy does not let through is not blamed on Upstash, and was not sent. The log names the proxy
// without its password; callers of the API do not learn where it is.
func TestCallsBlockedByTheProxy(t *testing.T) {
	stopped := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="corp"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer stopped.Close()

	address := strings.TrimPrefix(stopped.URL, "http://")

	proxies, faults := egress.Parse([]string{"HTTPS_PROXY=http://me:hunter2@" + address})
	if len(faults) != 0 {
		t.Fatal(faults)
	}

	client, err := upstash.New(upstash.Options{BaseURL: "https://api.upstash.example", Proxies: proxies})
	if err != nil {
		t.Fatal(err)
	}

	_, listed := client.Databases(t.Context(), somebody)
	_, minted := client.CreateKey(t.Context(), "", secret.New("token"), "ACME_API_KEY_1")

	for call, err := range map[string]error{"a read": listed, "a write": minted} {
		var blocked *egress.ProxyError
		if want := "upstash cannot be reached: the proxy http://" + address +
			" rejected the user name or the password (407)"; !errors.As(err, &blocked) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", call, err, want)
		}

		found := problem.Of(err)
		if found == nil || found.Code != problem.UpstreamUnavailable || !upstash.NotSent(err) ||
			!strings.HasPrefix(found.Detail, "The proxy between") || strings.Contains(found.Detail, address) {
			t.Errorf("%s: got %+v", call, found)
		}
	}
}
