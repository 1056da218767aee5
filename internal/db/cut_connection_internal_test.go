package db

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
)

// wire is a proxy in front of Postgres. It cuts one connection at one of the client's messages.
type wire struct {
	address, server string

	mu      sync.Mutex
	at      func(message []byte) bool // nil: never
	reaches bool                      // the message reaches the server, and only the response is lost
	cuts    int
	routes  []net.Conn
}

// startWire returns the proxy, and the database's URL through it.
func startWire(t *testing.T, address string) (*wire, string) {
	t.Helper()

	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{address: listener.Addr().String(), server: parsed.Host}
	var working sync.WaitGroup
	working.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			working.Go(func() { w.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.mu.Lock()
		for _, route := range w.routes {
			_ = route.Close()
		}
		w.mu.Unlock()
		working.Wait()
	})
	parsed.Host = w.address

	return w, parsed.String()
}

// cutOnce cuts at the next message that matches. reaches sets whether the server still gets it.
func (w *wire) cutOnce(at func(message []byte) bool, reaches bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at, w.reaches = at, reaches
}

// isCommit matches the message that commits a transaction.
func isCommit(message []byte) bool { return bytes.Contains(message, []byte("commit\x00")) }

// isExecute matches the message that runs a prepared statement.
func isExecute(message []byte) bool { return message[0] == 'B' }

func (w *wire) serve(client net.Conn) {
	defer func() { _ = client.Close() }()

	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.server)
	if err != nil {
		return
	}

	defer func() { _ = server.Close() }()
	w.mu.Lock()
	w.routes = append(w.routes, client, server)
	w.mu.Unlock()

	var back sync.WaitGroup
	defer back.Wait()
	var mute sync.Mutex // guards cut
	cut := false
	processed := make(chan struct{})
	back.Go(func() {
		defer func() { _ = client.Close() }()

		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			mute.Lock()
			lost := cut
			mute.Unlock()

			if lost {
				close(processed)
				return
			}

			if err != nil {
				return
			}

			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	})

	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			_ = server.Close()
			return
		}

		stop, reaches := w.matches(buffer[:n])
		if stop && !reaches {
			_ = server.Close()
			return
		}

		if stop {
			mute.Lock()
			cut = true
			mute.Unlock()
		}

		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}

		if stop {
			<-processed // the server has processed the message
			return
		}
	}
}

func (w *wire) matches(message []byte) (stop, reaches bool) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.at == nil || !w.at(message) {
		return false, false
	}
	w.at = nil
	w.cuts++

	return true, w.reaches
}

func (w *wire) cutCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cuts
}
