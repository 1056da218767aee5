package test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

func TestAdminListenerIsForOperators(t *testing.T) {
	t.Parallel()

	p := harness.StartProduct(t, harness.WithAdmin())
	for path, want := range map[string]string{
		"/metrics": "bff_build_info", "/livez": `"ok"`, "/readyz": `"ready":true`, "/debug/pprof/": "goroutine",
		"/debug/pprof/heap?debug=1": "heap profile", "/debug/pprof/profile?seconds=1": "", "/debug/pprof/trace?seconds=0.1": "",
	} {
		if got := p.Admin(t, "GET", path, nil).Is(t, 200); !strings.Contains(got.Body, want) || got.Body == "" {
			t.Errorf("%s: got %d bytes without %q", path, len(got.Body), want)
		}
	}

	for _, path := range []string{"/", "/api/v1/config", "/api/v1/databases", "/connect", "/assets/", "/debug", "/debug/pprof/cmdline", "/nothing"} {
		p.Admin(t, "GET", path, nil).Is(t, 404)
	}
	p.Admin(t, "POST", "/metrics", nil).Is(t, 405)
	p.Admin(t, "DELETE", "/debug/pprof/heap", nil).Is(t, 405)
}

// A web page may make the operator's browser send requests. A page that rebinds DNS is detected by its Host.
func TestAdminListenerRejectsBrowserRequests(t *testing.T) {
	t.Parallel()

	p := harness.StartProduct(t, harness.WithAdmin())
	for name, header := range map[string]http.Header{
		"fetch":           {"Origin": {"https://evil.example"}, "Sec-Fetch-Mode": {"cors"}},
		"an image":        {"Sec-Fetch-Mode": {"no-cors"}, "Sec-Fetch-Site": {"cross-site"}},
		"a frame":         {"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"iframe"}, "Sec-Fetch-Site": {"cross-site"}},
		"an object":       {"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"object"}},
		"a rebound name":  {"Host": {"evil.example:9090"}},
		"like loopback":   {"Host": {"127.0.0.1.evil.example"}},
		"another address": {"Host": {"192.0.2.1:9090"}},
	} {
		for _, path := range []string{"/metrics", "/debug/pprof/profile?seconds=1", "/readyz"} {
			if got := p.Admin(t, "GET", path, header); got.Status != 403 || strings.Contains(got.Body, "bff_") {
				t.Errorf("%s: %s: got %d, want 403", name, path, got.Status)
			}
		}
	}

	for _, host := range []string{"localhost", "localhost:9090", "[::1]:9090", "::1", "127.0.0.1"} {
		p.Admin(t, "GET", "/metrics", http.Header{"Host": {host}}).Is(t, 200)
	}
	p.Admin(
		t,
		"GET",
		"/metrics",
		http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Site": {"none"}},
	).Is(
		t, 200,
	)
}

// Operators can watch a complete shutdown: the server waits for requests in progress and still serves metrics.
func TestAdminListenerOutlastsTheDrain(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithAdmin(), harness.WithFront(t, &f))
	arrived, held := make(chan struct{}), make(chan struct{})

	release := sync.OnceFunc(func() { close(held) })
	defer release() // whatever fails: the front does not close before
	f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		close(arrived)
		<-held
		_, _ = io.WriteString(w, "[]")

		return true
	})

	ended := make(chan harness.Response, 1)
	go func() {
		got, _ := m.Try(t.Context(), "GET", harness.DatabasesPath, m.Header, "")
		ended <- got
	}()
	<-arrived
	m.Stop()
	refused := func() bool { // the public listener closes first
		_, err := m.Try(t.Context(), "GET", "/livez", nil, "")
		return err != nil
	}
	m.Client.CloseIdleConnections()

	if !harness.Eventually(refused) {
		t.Error("the public listener still responds")
	}
	m.Metrics(
		t,
	).Are(
		t,
		harness.Series{`bff_build_info{go_version="` + goVersion + `",version="` + harness.TestVersion + `"}`: 1},
	)
	release()

	if got := <-ended; got.Status != 200 {
		t.Errorf("the request in progress got %d, want 200", got.Status)
	}

	gone := func() bool {
		connection, err := net.DialTimeout("tcp", m.App.AdminAddr().String(), time.Second)
		if err == nil {
			_ = connection.Close()
		}

		return err != nil
	}
	if !harness.Eventually(gone) {
		t.Error("the admin listener is still there after the stop")
	}
}
