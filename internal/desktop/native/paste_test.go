package native_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/desktop/native"
)

// typist is a login whose user can type.
type typist struct {
	*pending
	keyboard *io.PipeWriter
	refused  chan string
}

func beginTyped(t *testing.T, p *provider, tweaks ...func(*native.Options)) typist {
	t.Helper()
	lines, keyboard := io.Pipe()
	refused := make(chan string, 16)
	t.Cleanup(func() { _ = keyboard.Close() })

	return typist{begin(t, p, append(tweaks, func(o *native.Options) {
		o.Pasted, o.PasteRejected = lines, func(words string) { refused <- words }
	})...), keyboard, refused}
}

func (l typist) types(t *testing.T, line string) {
	t.Helper()

	if _, err := io.WriteString(l.keyboard, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// The browser is on another machine: the user pastes the URL that it could not open, in any form, and it counts as a
// redirect.
func TestThePastedAddressFinishesTheLogin(t *testing.T) {
	for name, form := range map[string]func(l typist) string{
		"as copied":            func(l typist) string { return l.callback + l.right() },
		"without a slash":      func(l typist) string { return l.callback + strings.TrimPrefix(l.right(), "/") },
		"without its scheme":   func(l typist) string { return strings.TrimPrefix(l.callback, "http://") + l.right() },
		"by address":           func(l typist) string { return "http://127.0.0.1:" + portOf(t, l.pending) + l.right() },
		"among white space":    func(l typist) string { return " \t" + l.callback + l.right() + " \r" },
		"in a terminal's mark": func(l typist) string { return "\x1b[200~" + l.callback + l.right() + "\x1b[201~" },
		"after empty lines":    func(l typist) string { return "\n\n" + l.callback + l.right() },
		"with its issuer":      func(l typist) string { return l.callback + l.right("iss", issuerOf(l)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			finished := 0
			login := beginTyped(t, p, func(o *native.Options) {
				o.Finish = func(context.Context, native.Tokens) error { finished++; return nil }
			})
			login.types(t, form(login))

			if err := login.wait(t); err != nil || finished != 1 {
				t.Errorf("ended with %v, finished %d times", err, finished)
			}

			redeemed := p.exchanges()
			if len(redeemed) != 1 || redeemed[0].Get("code") != theCode ||
				redeemed[0].Get("redirect_uri") != login.callback {
				t.Errorf("redeemed %v", redeemed)
			}

			if _, err := login.tryOpen(t.Context(), login.right()); err == nil {
				t.Error("the listener is open still")
			}
		})
	}
}

func issuerOf(l typist) string {
	issuer, _, _ := strings.Cut(l.opened, "authorize?")
	return issuer
}

// RFC 9700 section 4.7: the state is checked as always. A line that is not this login's redirect neither ends the
// login nor is redeemed or quoted.
func TestRFC9700PastedResponseIsCheckedLikeARedirect(t *testing.T) {
	p := newProvider(t)
	login := beginTyped(t, p)
	state := login.query.Get("state")

	for _, line := range []string{
		login.callback + "/?code=" + theCode,
		login.callback + "/?code=" + theCode + "&state=another",
		login.callback + "/?code=" + theCode + "&state=",
		login.callback + "/?code=" + theCode + "&state=" + state + "&state=" + state,
		login.callback + "/?code=" + theCode + "&code=" + theCode + "&state=" + state,
		login.callback + "/?code=" + theCode + "&state=" + state + "&iss=https://evil.example/",
		login.callback + "/?code=" + theCode + "&state=" + state + ";x=%zz",
		login.callback + "/",
		login.callback + "/other" + login.right(),
		"https" + strings.TrimPrefix(login.callback, "http") + login.right(),
		"http://localhost:1" + login.right(),
		"http://evil.example" + login.right(),
		"http://user@" + strings.TrimPrefix(login.callback, "http://") + login.right(),
		login.right(),
		theCode,
		login.opened,
		"http://%zz",
	} {
		login.types(t, line)

		words := <-login.refused
		if strings.Contains(words, theCode) || strings.Contains(words, state) {
			t.Errorf("%q is quoted: %s", line, words)
		}

		if own := line == login.opened; own != strings.Contains(words, "address of the login page.") {
			t.Errorf("%q: got %s", line, words)
		}
	}
	login.still(t)

	if redeemed := p.exchanges(); len(redeemed) != 0 {
		t.Errorf("redeemed %v", redeemed)
	}
	login.types(t, login.callback+login.right())

	if err := login.wait(t); err != nil {
		t.Error(err)
	}
}

// A pasted address can also contain the provider's error.
func TestThePastedRefusalEndsTheLogin(t *testing.T) {
	login := beginTyped(t, newProvider(t))
	login.types(t, login.callback+"/?error=access_denied&state="+login.query.Get("state"))

	if err := login.wait(t); !errors.Is(err, native.ErrDenied) {
		t.Errorf("got %v", err)
	}
}

// The listener and the keyboard are read in parallel: the first redirect counts, and is redeemed once, even if the
// other source receives it too. Without input, or when the terminal ends, the listener still works.
func TestTheFirstResponseCountsFromEitherSource(t *testing.T) {
	for range 20 {
		p := newProvider(t)
		login := beginTyped(t, p)

		opened := make(chan struct{})
		go func() {
			defer close(opened)

			_, _ = login.tryOpen(context.WithoutCancel(t.Context()), login.right())
		}()
		login.types(t, login.callback+login.right())

		if err := login.wait(t); err != nil {
			t.Error(err)
		}

		<-opened // a response, or too late for one

		if redeemed := p.exchanges(); len(redeemed) != 1 {
			t.Errorf("redeemed %d times", len(redeemed))
		}
	}

	login := beginTyped(t, newProvider(t))
	_ = login.keyboard.Close()
	login.still(t)

	if got := login.open(t, login.right()); got.status != http.StatusOK {
		t.Errorf("got %d", got.status)
	}

	if err := login.wait(t); err != nil {
		t.Error(err)
	}
}
