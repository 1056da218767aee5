package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
)

const (
	listenWait    = 20 * time.Second // of one long poll
	listenRetry   = 2 * time.Second
	listenPause   = time.Second // between two polls at least
	forwardWithin = 10 * time.Second
	maxFeed       = 8 << 20 // bytes of one page of events
)

// listener reads a service's events and forwards them to a receiver on this machine.
type listener struct {
	out       io.Writer
	err       io.Writer
	server    string
	token     secret.Text
	forwardTo string      // empty: events are only printed
	signing   secret.Text // of forwarded events
	client    *http.Client
}

func (p program) listen() *cobra.Command {
	var server, tokenFile, forwardTo string

	command := &cobra.Command{
		Use:   "listen",
		Short: "Receive events on a developer's machine, and forward them",
		Long: `Reads the events of your service from a server, prints each, and posts it to a URL on this machine, signed like a
webhook. The server needs no way to reach this machine. Without --forward-to, it only prints. It begins with the
next event, and continues after a lost connection without missing one.

Forwarded events are signed with a secret of this run, which is printed when it begins.`,
		Example: `  bff listen --token-file .sandbox/service-token
  bff listen --token-file .sandbox/service-token \
    --forward-to http://localhost:3000/upstash/webhooks`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			token, err := p.serviceToken(tokenFile)
			if err != nil {
				return err
			}
			l := listener{
				out: p.stdout, err: p.stderr, server: strings.TrimSuffix(server, "/"), token: token,
				forwardTo: forwardTo,
				signing:   webhook.NewSecret(), client: &http.Client{
					CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
				},
			}

			if err := l.check(); err != nil {
				return err
			}

			return l.run(command.Context())
		},
	}
	command.Flags().StringVar(&server, "server", "http://localhost:8080",
		"URL of the server, with its path if it has one")
	command.Flags().StringVar(&tokenFile, "token-file", "",
		"file with the service token (default: $BFF_SERVICE_TOKEN_FILE)")
	command.Flags().StringVar(&forwardTo, "forward-to", "", "URL to which events are posted")

	return command
}

// serviceToken reads the token of a service. In a file with several tokens, the last is the newest.
func (p program) serviceToken(file string) (secret.Text, error) {
	text := p.environment("BFF_SERVICE_TOKEN")

	if file == "" && text == "" {
		file = p.environment("BFF_SERVICE_TOKEN_FILE")
	}

	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return secret.Text{}, err
		}
		text = string(content)
	}

	fields := strings.Fields(text)
	if len(fields) == 0 {
		return secret.Text{}, terminal.NewUsageError(
			errors.New("--token-file or BFF_SERVICE_TOKEN_FILE must name the file with the service token"),
		)
	}

	return secret.New(fields[len(fields)-1]), nil
}

func (l listener) check() error {
	for flag, text := range map[string]string{"--server": l.server, "--forward-to": l.forwardTo} {
		if text == "" && flag == "--forward-to" {
			continue
		}

		if err := webhook.CheckURL(text); err != nil {
			return terminal.NewUsageError(fmt.Errorf("%s %w", flag, err))
		}
	}

	return nil
}

// run reads events until ctx ends, or the server rejects the token.
func (l listener) run(ctx context.Context) error {
	note := "Waiting for events of " + l.server + ". Stop with Ctrl-C."
	if l.forwardTo != "" {
		note += fmt.Sprintf("\nForwarding to %s, signed with %s", l.forwardTo, l.signing.Reveal())
	}

	if err := terminal.Print(l.err, note+"\n"); err != nil {
		return err
	}
	position, wait := webhook.FromLatest, time.Duration(0) // the first response tells where the next event begins

	for ctx.Err() == nil {
		asked := time.Now()
		page, err := l.read(ctx, position, wait)

		var rejected *rejectedError
		if errors.As(err, &rejected) {
			return err
		}

		if err != nil {
			if ctx.Err() == nil {
				_ = terminal.Printf(l.err, "The server did not respond (%v). Trying again.", err)
			}

			pause(ctx, listenRetry)

			continue
		}
		position, wait = page.Next, listenWait

		for _, event := range page.Events {
			if err := l.receive(ctx, event); err != nil {
				return err
			}
		}

		// A server that stops, or has too many readers, does not wait.
		if len(page.Events) == 0 {
			pause(ctx, listenPause-time.Since(asked))
		}
	}

	return nil
}

func pause(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}

// feedPage is a response of GET /webhook-events.
type feedPage struct {
	Events []json.RawMessage `json:"events"`
	Next   string            `json:"next"`
}

// rejectedError is a problem that another attempt does not solve.
type rejectedError struct{ title, detail string }

func (e *rejectedError) Error() string { return e.title + ": " + e.detail }

func (l listener) read(ctx context.Context, position string, wait time.Duration) (feedPage, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+10*time.Second)
	defer cancel()

	query := url.Values{"after": {position}, "wait": {strconv.Itoa(int(wait.Seconds()))}}

	request, err := http.NewRequestWithContext(
		ctx, http.MethodGet, l.server+"/api/v1/webhook-events?"+query.Encode(), nil,
	)
	if err != nil {
		return feedPage{}, err
	}
	request.Header.Set("Authorization", "Bearer "+l.token.Reveal())

	response, err := l.client.Do(request)
	if err != nil {
		return feedPage{}, err
	}
	defer func() { _ = response.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(response.Body, maxFeed))
	if err != nil {
		return feedPage{}, err
	}

	if response.StatusCode == http.StatusOK {
		var page feedPage
		return page, json.Unmarshal(body, &page)
	}

	return feedPage{}, failedRead(response.StatusCode, body)
}

func failedRead(status int, body []byte) error {
	var text struct{ Title, Detail string }
	_ = json.Unmarshal(body, &text)

	switch {
	case text.Title == "" && status < http.StatusInternalServerError:
		return &rejectedError{fmt.Sprintf("HTTP status %d", status), "--server must be the URL of a bff server"}
	case text.Title == "", status >= http.StatusInternalServerError, status == http.StatusTooManyRequests:
		return fmt.Errorf("HTTP status %d", status)
	}

	return &rejectedError{text.Title, text.Detail}
}

// receive prints an event and forwards it. A receiver that fails does not stop the others: the line says so.
func (l listener) receive(ctx context.Context, payload json.RawMessage) error {
	var event struct {
		ID        string    `json:"id"`
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      struct {
			Grant struct {
				ExternalID string `json:"external_id"`
				State      string `json:"state"`
			} `json:"grant"`
			DatabaseID string `json:"database_id"`
		} `json:"data"`
	}

	if err := json.Unmarshal(payload, &event); err != nil {
		return err
	}
	line := fmt.Sprintf("%s  %-17s %s  %s", event.Timestamp.Local().Format(time.TimeOnly), event.Type, event.ID,
		event.Data.Grant.ExternalID)

	if event.Data.DatabaseID != "" {
		line += "  " + event.Data.DatabaseID
	}

	if l.forwardTo != "" {
		line += "  -> " + l.forward(ctx, event.ID, payload)
	}
	_, err := fmt.Fprintln(l.out, terminal.Sanitize(line))

	return err
}

// forward posts an event to the receiver, and returns what it responded.
func (l listener) forward(ctx context.Context, id string, payload []byte) string {
	now := time.Now()

	signature, err := webhook.Sign([]secret.Text{l.signing}, id, now, payload)
	if err != nil {
		return err.Error()
	}

	ctx, cancel := context.WithTimeout(ctx, forwardWithin)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.forwardTo, bytes.NewReader(payload))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("Webhook-Signature", signature)

	response, err := l.client.Do(request)
	if err != nil {
		return "no response: " + err.Error()
	}
	_ = response.Body.Close()

	return strconv.Itoa(response.StatusCode)
}
