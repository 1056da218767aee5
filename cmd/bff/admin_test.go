package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAdminListenerIsForOperators(t *testing.T) {
	t.Parallel()
	p := startProduct(t, withAdmin())
	for path, want := range map[string]string{
		"/metrics": "bff_build_info", "/livez": `"ok"`, "/readyz": `"ready":true`, "/debug/pprof/": "goroutine",
		"/debug/pprof/heap?debug=1": "heap profile", "/debug/pprof/profile?seconds=1": "", "/debug/pprof/trace?seconds=0.1": "",
	} {
		if got := p.operator(t, "GET", path, nil).is(t, 200); !strings.Contains(got.body, want) || got.body == "" {
			t.Errorf("%s: got %d bytes without %q", path, len(got.body), want)
		}
	}
	for _, path := range []string{"/", "/api/v1/config", "/api/v1/databases", "/connect", "/assets/", "/debug", "/debug/pprof/cmdline", "/nothing"} {
		p.operator(t, "GET", path, nil).is(t, 404)
	}
	p.operator(t, "POST", "/metrics", nil).is(t, 405)
	p.operator(t, "DELETE", "/debug/pprof/heap", nil).is(t, 405)
}

// A page may make the operator's browser ask; one that rebinds its name is known by it.
func TestAdminListenerIsNotForPages(t *testing.T) {
	t.Parallel()
	p := startProduct(t, withAdmin())
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
			if got := p.operator(t, "GET", path, header); got.status != 403 || strings.Contains(got.body, "bff_") {
				t.Errorf("%s: %s: got %d, want 403", name, path, got.status)
			}
		}
	}
	for _, host := range []string{"localhost", "localhost:9090", "[::1]:9090", "::1", "127.0.0.1"} {
		p.operator(t, "GET", "/metrics", http.Header{"Host": {host}}).is(t, 200)
	}
	p.operator(t, "GET", "/metrics", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Site": {"none"}}).is(t, 200)
}

// Operators can watch a stop to its end: a request under way is waited for, and meanwhile metrics are answered.
func TestAdminListenerOutlastsTheDrain(t *testing.T) {
	t.Parallel()
	var f front
	m := startJoined(t, withAdmin(), withFront(t, &f))
	arrived, held := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	defer release() // whatever fails: the front does not close before
	f.answers(func(w http.ResponseWriter, _ *http.Request) bool {
		close(arrived)
		<-held
		_, _ = io.WriteString(w, "[]")
		return true
	})
	ended := make(chan answer, 1)
	go func() {
		got, _ := m.try(t.Context(), "GET", databasesPath, m.header, "")
		ended <- got
	}()
	<-arrived
	m.stop()
	refused := func() bool { // the public listener closes first
		_, err := m.try(t.Context(), "GET", "/livez", nil, "")
		return err != nil
	}
	m.client.CloseIdleConnections()
	if !eventually(refused) {
		t.Error("the public listener still answers")
	}
	m.metrics(t).are(t, series{`bff_build_info{go_version="` + goVersion + `",version="` + testVersion + `"}`: 1})
	release()
	if got := <-ended; got.status != 200 {
		t.Errorf("the request under way got %d, want 200", got.status)
	}
	gone := func() bool {
		connection, err := net.DialTimeout("tcp", m.app.AdminAddr().String(), time.Second)
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	}
	if !eventually(gone) {
		t.Error("the admin listener is still there after the stop")
	}
}

// The sandbox is for this machine alone, its admin listener included.
func TestSandboxAdminListenerStaysOnLoopback(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // should it run all the same
	defer cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{
		"sandbox", "--data-dir", t.TempDir(), "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0", "--upstash-listen", "127.0.0.1:0",
		"--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0", "--admin-listen", "0.0.0.0:0",
	}, nil, &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "--admin-listen") || stdout.Len() > 0 {
		t.Errorf("got exit code %d, %q and %q, want 1 and the flag's name", code, stdout.String(), stderr.String())
	}
}
