package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/upstash-connect/bff/bench/peer"
	"github.com/upstash-connect/bff/bench/standin"
)

// behaviour is how a target handles good and bad requests: its figures are meaningful only together with that.
type behaviour struct {
	Name    string
	Answers []string // as checks has them
}

// check is one question to a target.
type check struct {
	title string
	ask   func(b *bench, t *peer.Target) (string, error)
}

func checks() []check {
	refused := func(title string, token func(b *bench) (string, error)) check {
		return check{title, func(b *bench, t *peer.Target) (string, error) {
			text, err := token(b)
			if err != nil {
				return "", err
			}

			status, _, err := ask(t, t.List(text))
			if status == 200 {
				return "**accepted**", err
			}

			return fmt.Sprintf("rejected (%d)", status), err
		}}
	}
	changed := func(change map[string]any) func(b *bench) (string, error) {
		return func(b *bench) (string, error) { return b.signer.Token(b.accounts[0].Subject(), change) }
	}

	return []check{
		{"a good token", goodToken},
		{"credentials of the databases", secrets},
		{"two callers get", ownLists},
		refused("no token", func(*bench) (string, error) { return "", nil }),
		refused("a wrong signature", func(b *bench) (string, error) {
			head, signature := b.tokens[0], b.tokens[1]
			return head[:strings.LastIndexByte(head, '.')] + signature[strings.LastIndexByte(signature, '.'):], nil
		}),
		refused("an expired token", changed(map[string]any{
			"iat": time.Now().Add(-2 * time.Hour).Unix(), "exp": time.Now().Add(-time.Hour).Unix(),
		})),
		refused("another audience", changed(map[string]any{"aud": "another"})),
		refused("another issuer", changed(map[string]any{"iss": "https://elsewhere.example/"})),
		refused("another client's token", changed(map[string]any{"azp": "another"})),
	}
}

func goodToken(b *bench, t *peer.Target) (string, error) {
	status, body, err := ask(t, t.List(b.tokens[0]))
	if err != nil || status != 200 {
		return "", fmt.Errorf("%s: a good token got %d, %w: %s", t.Name, status, err, body[:min(len(body), 300)])
	}

	return fmt.Sprintf("%d databases", countDatabases(body)), nil
}

// countDatabases takes an array, or an object with one.
func countDatabases(body []byte) int {
	var bare []json.RawMessage
	if json.Unmarshal(body, &bare) == nil {
		return len(bare)
	}

	var object struct {
		Databases []json.RawMessage `json:"databases"`
	}
	_ = json.Unmarshal(body, &object)

	return len(object.Databases)
}

func secrets(b *bench, t *peer.Target) (string, error) {
	_, body, err := ask(t, t.List(b.tokens[0]))
	if standin.HoldsSecret(body) {
		return "**passed on**", err
	}

	return "stripped", err
}

func ownLists(b *bench, t *peer.Target) (string, error) {
	_, first, err := ask(t, t.List(b.tokens[0]))
	if err != nil {
		return "", err
	}

	_, second, err := ask(t, t.List(b.tokens[1]))
	if bytes.Equal(first, second) {
		return "**the same list**", err
	}

	return "each its own", err
}

// ask sends one request on its own connection.
func ask(t *peer.Target, request []byte) (int, []byte, error) {
	conn, err := net.DialTimeout("tcp", t.Addr, 5*time.Second) //nolint:gosec,noctx // our own server
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))

	if _, err := conn.Write(request); err != nil {
		return 0, nil, err
	}

	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, nil, err
	}
	body, err := io.ReadAll(response.Body)

	return response.StatusCode, body, errors.Join(err, response.Body.Close())
}

// check finds out what each target does, and ends the run when one of them does not do the job.
func (b *bench) check() error {
	targets := b.peers
	for _, product := range b.off {
		targets = append(targets[:len(targets):len(targets)], &product.Target)
	}

	for _, target := range targets {
		say("check: %s", target.Name)

		found := behaviour{Name: target.Name}
		for _, c := range checks() {
			answer, err := c.ask(b, target)
			if err != nil {
				return err
			}
			found.Answers = append(found.Answers, answer)
			say("         %-30s %s", c.title, strings.Trim(answer, "*"))
		}

		if err := b.mustHold(target, found); err != nil {
			return err
		}
		b.behave = append(b.behave, found)
	}

	return nil
}

// mustHold ends the run when the product accepts a bad token or passes secrets on: its speed then means nothing.
func (b *bench) mustHold(t *peer.Target, found behaviour) error {
	if t.Bare() {
		return nil
	}

	for n, answer := range found.Answers {
		if strings.HasPrefix(answer, "**") {
			return fmt.Errorf("%s: %s: %s", t.Name, checks()[n].title, answer)
		}
	}

	if !t.Sessions() {
		return nil
	}

	status, body, err := ask(t, t.ListByCookie(b.accounts[0].Session))
	if err != nil || status != 200 {
		return fmt.Errorf("%s: a session got %d, %w: %s", t.Name, status, err, body[:min(len(body), 300)])
	}

	return nil
}
