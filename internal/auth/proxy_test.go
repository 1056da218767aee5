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

// If a proxy blocks the read of the issuer's keys, the log names the proxy without its password, and the problem
// reports that a proxy failed.
func TestKeysBehindAProxyThatRejectsConnections(t *testing.T) {
	rejecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	defer rejecting.Close()

	address := strings.TrimPrefix(rejecting.URL, "http://")

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
		t.Fatal("the keys were read through a proxy that rejects connections")
	}

	named := "the proxy http://" + address + " refused the connection (403)"
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
