package connect_test

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
	"github.com/upstash-connect/bff/test/harness"
)

// goProgram builds the Go program of a guide, with changes, and returns its path.
func goProgram(t *testing.T, guide string, changes ...string) string {
	t.Helper()

	text, err := os.ReadFile("../../docs/integrate/" + guide)
	if err != nil {
		t.Fatal(err)
	}

	found := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s has %d Go programs, want one", guide, len(found))
	}
	directory := t.TempDir()
	source, program := filepath.Join(directory, "main.go"), filepath.Join(directory, "program")

	changed := strings.NewReplacer(changes...).Replace(string(found[0][1]))
	if err := os.WriteFile(source, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}

	// In this module, as a partner's program is after go get.
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, source).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}

	return program
}

func TestProgramOfTheClientsGuide(t *testing.T) {
	s := harness.StartService(t)
	program := goProgram(t, "backend-clients.md", "http://localhost:3000/connected", harness.ReturnURL)

	run := func() string {
		command := exec.CommandContext(t.Context(), program)
		command.Env = append(os.Environ(), "CONNECT="+s.Origin(), "TOKEN="+s.Token)

		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}

		return string(output)
	}

	if got := run(); !strings.HasPrefix(got, "Send the user to "+s.Origin()+"/connect#uci_") {
		t.Errorf("without a grant: got %s", got)
	}
	grant := s.Granted(t, "user_4711", "someone@example.com", "")
	keyed := harness.Keyed(s.With(grant.ID), "key")
	s.Do(t, "POST", harness.DatabasesPath, keyed, harness.CreateBody("orders")).Is(t, 201)

	if got := run(); got != "orders\n" {
		t.Errorf("with a grant: got %s", got)
	}
}

func TestProgramOfTheWebhookGuide(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	signing := webhook.NewSecret()

	command := exec.CommandContext(t.Context(), goProgram(t, "webhooks.md", "127.0.0.1:3000", address))
	command.Env = append(os.Environ(), "WEBHOOK_SECRET="+signing.Reveal())

	var log bytes.Buffer
	command.Stderr = &log

	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	stop := func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	defer stop()

	body := []byte(`{"id":"evt_1","type":"grant.created",` +
		`"data":{"grant":{"external_id":"user_4711","state":"active"}}}`)
	now := time.Now()

	signature, err := webhook.Sign([]secret.Text{signing}, "evt_1", now, body)
	if err != nil {
		t.Fatal(err)
	}

	post := func(signature string, body []byte) int {
		for range 200 {
			request, err := http.NewRequestWithContext(
				t.Context(), http.MethodPost, "http://"+address+"/upstash/webhooks", bytes.NewReader(body),
			)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Webhook-Id", "evt_1")
			request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
			request.Header.Set("Webhook-Signature", signature)

			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
				return response.StatusCode
			}
			time.Sleep(50 * time.Millisecond)
		}

		return 0
	}

	good, forged, long := post(signature, body), post("v1,AAAA", body), post(signature, make([]byte, 2<<20))
	if good != http.StatusNoContent || forged != http.StatusForbidden || long != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, %d for a forged one, and %d for one that is too long", good, forged, long)
	}
	stop()

	if got := log.String(); !strings.Contains(got, "grant.created: user_4711 is active") {
		t.Errorf("it logged %q", got)
	}
}
