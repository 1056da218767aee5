package control_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

var (
	quoted  = regexp.MustCompile(`'[^']*'|\S+`)
	missing = "404 page not found\n" // net/http's, of a call that there is not
)

// Every line of the help is a call that the sandbox understands.
func TestEachLineOfTheHelpWorks(t *testing.T) {
	s := sandboxtest.Start(t)

	lines := 0
	for line := range strings.Lines(sandboxtest.Call(t, "GET", s.ControlURL()+"/help", "").Body) {
		arguments, found := strings.CutPrefix(strings.TrimSpace(line), "curl ")
		if !found {
			continue
		}
		lines++

		request := curl(t, arguments)
		if strings.Contains(arguments, "-N ") { // it continues: the head will do
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()

			response, err := http.DefaultClient.Do(request.WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			stop()
			response.Body.Close()

			if response.StatusCode != 200 {
				t.Errorf("%s: got %d", line, response.StatusCode)
			}
			continue
		}
		got := sandboxtest.Send(t, http.DefaultClient, request)
		// Examples may name things that do not exist: then the response reports it, in JSON.
		absent := got.Status == 404 && got.Body != missing
		if got.Status >= 400 && !absent {
			t.Errorf("%s: got %d %s", strings.TrimSpace(line), got.Status, got.Body)
		}
	}

	if lines < 25 {
		t.Errorf("the help has %d calls; it was read wrongly", lines)
	}
}

// curl makes the request that curl would, as far as the help uses it.
func curl(t *testing.T, arguments string) *http.Request {
	t.Helper()
	method, address, body := "GET", "", ""
	header := http.Header{}

	words := quoted.FindAllString(arguments, -1)
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], "'")
		switch word {
		case "-N":
		case "-X", "-d", "-H":
			i++

			value := strings.Trim(words[i], "'")
			switch word {
			case "-X":
				method = value
			case "-d":
				body = value

				if method == "GET" {
					method = "POST"
				}
			case "-H":
				name, text, _ := strings.Cut(value, ": ")
				header.Set(name, text)
			}
		default:
			address = word
		}
	}

	request := sandboxtest.NewRequest(t, method, address, body)
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}

	for name := range header {
		request.Header.Set(name, header.Get(name))
	}

	return request
}

// A browser is redirected to the journal; a terminal receives the list of calls.
func TestTheControlListenersFront(t *testing.T) {
	s := sandboxtest.Start(t)
	request := sandboxtest.NewRequest(t, "GET", s.ControlURL()+"/", "")
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")

	page := sandboxtest.Send(t, http.DefaultClient, request)
	if page.Status != 200 || !strings.Contains(page.Body, "<title>Journal") ||
		!strings.Contains(page.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("a browser: got %d %v %.80s, want the journal under its policy", page.Status, page.Header, page.Body)
	}

	if strings.Contains(page.Body, "<style") || strings.Contains(page.Body, " style=") ||
		strings.Contains(page.Body, "<script>") {
		t.Error("the page has something inline, which its policy forbids")
	}

	for path, kind := range map[string]string{"/journal.js": "text/javascript", "/journal.css": "text/css", "/help": "text/plain"} {
		if got := sandboxtest.Call(
			t, "GET", s.ControlURL()+path, "",
		); got.Status != 200 ||
			!strings.HasPrefix(got.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: got %d %s", path, got.Status, got.Header.Get("Content-Type"))
		}
	}
}
