package auth

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
)

// When the proxy does not let us read the issuer's keys, the log names it, without its password, and callers are told
// that it is no fault of the issuer's.
func TestKeysBehindAProxyThatStopsUs(t *testing.T) {
	stopped := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	defer stopped.Close()

	address := strings.TrimPrefix(stopped.URL, "http://")

	proxies, faults := egress.Parse([]string{"HTTPS_PROXY=http://me:hunter2@" + address})
	if len(faults) != 0 {
		t.Fatal(faults)
	}

	var log lockedBuffer

	set, err := NewKeySet(KeySetOptions{
		Issuer: issuerURL, Proxies: proxies, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}

	if err := set.refresh(t.Context()); err == nil {
		t.Fatal("keys were read")
	}

	named := "the proxy http://" + address + " refused to connect us (403)"
	if written := log.String(); !strings.Contains(written, named) || strings.Contains(written, "hunter2") {
		t.Errorf("got the log %s, want %q in it", written, named)
	}

	err = set.Ready()

	var blocked *egress.ProxyError
	if !errors.As(err, &blocked) || !strings.HasSuffix(err.Error(), named) {
		t.Errorf("got %v, want %q", err, named)
	}

	if found := problem.Of(err); found.Code != problem.IssuerUnavailable ||
		!strings.Contains(found.Detail, "the proxy blocks calls") || strings.Contains(found.Detail, address) {
		t.Errorf("got %+v", found)
	}
}
