package webhook_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
)

func webhookSecret(text string) secret.Text { return secret.New(text) }

// deliverOnce sends one event to a URL and returns its delivery.
func deliverOnce(t *testing.T, url string, change func(*webhook.Options)) webhook.Delivery {
	t.Helper()
	o := newOutbox(t)
	o.endpoint(t, serviceID, url)
	o.grant(t, serviceID, "user")

	if _, err := o.sender(t, "a", change).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}

	deliveries, err := o.Deliveries(t.Context(), webhook.Filter{})
	if err != nil || len(deliveries) != 1 {
		t.Fatalf("%+v, %v", deliveries, err)
	}

	return deliveries[0]
}

// Threat model: G14.
func TestPrivateAddressesGetNoWebhook(t *testing.T) {
	var reached atomic.Int64

	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer server.Close()

	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fd00::1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:db8::1]", "[::127.0.0.1]", "[ff02::1]", "[fec0::1]",
		"[::ffff:0:7f00:1]",
	} {
		got := deliverOnce(t, "https://"+host+":"+port, func(options *webhook.Options) { options.Networks = nil })
		if got.State != webhook.Pending || got.LastStatus != 0 || !strings.Contains(got.LastError, "is not public") {
			t.Errorf("%s: got %s, %q", host, got.State, got.LastError)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("%d requests arrived", reached.Load())
	}
}

// rebinding is a name server that returns a public address first and loopback from then on.
func rebinding(t *testing.T) (*net.Resolver, *atomic.Int64) {
	t.Helper()

	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })

	var questions atomic.Int64

	go func() {
		buffer := make([]byte, 1500)

		for {
			n, from, err := connection.ReadFrom(buffer)
			if err != nil {
				return
			}

			if reply, ok := answerQuestion(buffer[:n], &questions); ok {
				_, _ = connection.WriteTo(reply, from)
			}
		}
	}()

	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", connection.LocalAddr().String())
	}}, &questions
}

func answerQuestion(query []byte, questions *atomic.Int64) ([]byte, bool) {
	var message dnsmessage.Message
	if message.Unpack(query) != nil || len(message.Questions) != 1 {
		return nil, false
	}
	message.Response, message.Additionals = true, nil

	question := message.Questions[0]
	if question.Type == dnsmessage.TypeA {
		address := [4]byte{127, 0, 0, 1}
		if questions.Add(1) == 1 {
			address = [4]byte{93, 184, 215, 14} // a public one
		}
		message.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.AResource{A: address},
		}}
	}

	reply, err := message.Pack()

	return reply, err == nil
}

// A host that resolves to a public address when somebody checks it, and to loopback at the dial, gets nothing: the
// address that is dialled decides.
//
// Threat model: G14.
func TestReboundHostGetsNoWebhook(t *testing.T) {
	var reached atomic.Int64

	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer server.Close()

	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resolver, questions := rebinding(t)

	checked, err := resolver.LookupNetIP(t.Context(), "ip4", "hooks.example")
	if err != nil || len(checked) != 1 || checked[0] != netip.MustParseAddr("93.184.215.14") {
		t.Fatalf("the check sees %v, %v", checked, err)
	}

	got := deliverOnce(t, "https://hooks.example:"+port, func(options *webhook.Options) {
		options.Networks, options.Resolver = nil, resolver
	})
	if !strings.Contains(got.LastError, "127.0.0.1 is not public") || reached.Load() != 0 || questions.Load() < 2 {
		t.Errorf("got %q, %d requests, %d questions", got.LastError, reached.Load(), questions.Load())
	}
}

// Threat model: G14.
func TestOddReceivers(t *testing.T) {
	var followed, written atomic.Int64

	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer target.Close()

	for name, row := range map[string]struct {
		respond http.HandlerFunc
		want    string
		state   webhook.State
	}{
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
		}, "HTTP status 307; redirects are not followed", webhook.Pending},
		"no response": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}, "no response within 5 seconds", webhook.Pending},
		"an endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 1<<10))
				written.Add(1 << 10)
			}
		}, "", webhook.Delivered},
		"a huge header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Big", strings.Repeat("x", 1<<20))
		}, "the connection failed", webhook.Pending},
		"an error with secrets": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "password=hunter2", http.StatusTeapot)
		}, "HTTP status 418", webhook.Pending},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(row.respond)
			t.Cleanup(server.Close)
			begin := time.Now()

			got := deliverOnce(t, server.URL, nil)
			if got.State != row.state || got.LastError != row.want || got.Attempts != 1 {
				t.Errorf("got %s, %q after %d attempts; want %s, %q",
					got.State, got.LastError, got.Attempts, row.state, row.want)
			}

			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}

	t.Cleanup(func() {
		if followed.Load() != 0 {
			t.Error("a redirect was followed")
		}

		// 64 KiB are read; the rest fits into the buffers of both sockets.
		if written.Load() > 32<<20 {
			t.Errorf("%d bytes of an endless body were read", written.Load())
		}
	})
}

// Threat model: G14.
func TestUntrustedCertificateGetsNoWebhook(t *testing.T) {
	var reached atomic.Int64

	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer server.Close()

	got := deliverOnce(t, server.URL, nil)
	if got.LastError != "the receiver's TLS certificate is invalid" || reached.Load() != 0 {
		t.Errorf("got %q, %d requests", got.LastError, reached.Load())
	}
}

func TestRetryAfterOfTheReceiverIsHonoured(t *testing.T) {
	for header, least := range map[string]time.Duration{
		"120": 2 * time.Minute, "86400": time.Hour, "soon": 4 * time.Second, "-5": 4 * time.Second,
		"9223372036854775807": time.Hour, "99999999999999999999": time.Hour, "18446744074": time.Hour,
		time.Now().Add(30 * time.Minute).UTC().Format(http.TimeFormat): 29 * time.Minute,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		}))

		got := deliverOnce(t, server.URL, nil)
		if wait := time.Until(got.NextAttempt); wait < least-2*time.Second || wait > least+time.Minute {
			t.Errorf("Retry-After: %s: the next attempt is in %s, want at least %s", header, wait, least)
		}
		server.Close()
	}
}

func TestBackoffDoublesUpToAnHour(t *testing.T) {
	for attempts, want := range map[int]time.Duration{
		1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 10: 2560 * time.Second, 11: time.Hour,
		1000: time.Hour,
	} {
		if got := webhook.Backoff(attempts); got != want {
			t.Errorf("%d attempts: got %s, want %s", attempts, got, want)
		}
	}
}

func TestEndpointsAreCheckedWhenTheyAreSet(t *testing.T) {
	for text, valid := range map[string]bool{
		"https://app.example.com/hooks?a=b": true, "http://localhost:3000/hooks": true, "http://[::1]:1/": true,
		"http://app.example.com/": false, "https://": false, "https:///path": false, "ftp://a.example": false,
		"https://user:password@a.example": false, "https://a.example/#x": false, "": false, "a.example": false,
		"https://a.example/" + strings.Repeat("x", 2048): false, "javascript:alert(1)": false,
	} {
		if err := webhook.CheckURL(text); (err == nil) != valid {
			t.Errorf("%.60s: got %v, want valid: %t", text, err, valid)
		}
	}

	for text, valid := range map[string]bool{
		webhook.NewSecret().Reveal(): true, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": true,
		"": false, "whsec_": false, "whsec_c2hvcnQ=": false, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": false, "whsec_%%%": false,
		"whsec_" + strings.Repeat("AAAA", 30): false,
	} {
		if err := webhook.CheckSecret(text); (err == nil) != valid || (!valid && !errors.Is(err, webhook.ErrSecret)) {
			t.Errorf("%.60s: got %v, want valid: %t", text, err, valid)
		}
	}
}
