// Command partner is a small product whose users connect their Upstash account: Tidepool, which runs apps. Read it in
// this order: shop.go (the routes), button.go (its routes), webhooks.go (the receiver), look.go (what the page
// shows), accounts.go (the product's own users). `make example` starts it with a sandbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	connect "github.com/upstash-connect/bff/clients/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()

	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	s, err := fromEnvironment()
	if err != nil {
		return err
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", os.Getenv("PARTNER_LISTEN"))
	if err != nil {
		return err
	}

	// Open pages wait for news in a request each: their context ends with ctx, so that Shutdown need not wait for them.
	server := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })()
	log.Printf("Tidepool is ready at %s", s.own)

	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}

	return nil
}

// fromEnvironment reads the four settings of a product that uses Upstash Connect. Secrets are in files, so that no list
// of processes shows them.
func fromEnvironment() (*shop, error) {
	token, err := secretFile("CONNECT_TOKEN_FILE")
	if err != nil {
		return nil, err
	}

	secret, err := secretFile("CONNECT_WEBHOOK_SECRET_FILE")
	if err != nil {
		return nil, err
	}

	upstash := strings.TrimSuffix(os.Getenv("CONNECT_URL"), "/")

	client, err := connect.New(upstash, connect.WithToken(token))
	if err != nil {
		return nil, fmt.Errorf("CONNECT_URL: %w", err)
	}

	return newShop(os.Getenv("PARTNER_URL"), upstash, client, secret), nil
}

func secretFile(variable string) (string, error) {
	content, err := os.ReadFile(os.Getenv(variable)) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("%s: %w", variable, err)
	}

	return strings.TrimSpace(string(content)), nil
}
