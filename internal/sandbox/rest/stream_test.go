package rest_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// listen opens a stream of a running server. Its lines have no line ends; blank lines are included.
func listen(t *testing.T, server *httptest.Server, target string) (lines <-chan string, leave func()) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+target, strings.NewReader("[]"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+fullToken)
	request.Header.Set("Upstash-Encoding", "base64") // the SDK sends it here too, and decodes nothing

	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })

	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%s answered %d of type %s", target, response.StatusCode, got)
	}

	arriving := make(chan string)
	go func() {
		defer close(arriving)

		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			select {
			case arriving <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()

	return arriving, leave
}

func expect(t *testing.T, lines <-chan string, want ...string) {
	t.Helper()

	for _, each := range want {
		select {
		case got, open := <-lines:
			if !open || got != each {
				t.Fatalf("received %q (open: %v), want %q", got, open, each)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("nothing came, want %q", each)
		}
	}
}

func newServer(t *testing.T) (*httptest.Server, *miniredis.Miniredis) {
	t.Helper()
	handler, database := newHandler(t, 0)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)

	return server, database
}

func TestSubscribe(t *testing.T) {
	server, database := newServer(t)
	lines, leave := listen(t, server, "/subscribe/chat/other%2Froom")
	expect(t, lines, "data: subscribe,chat,1", "", "data: subscribe,other/room,2", "")

	published := ask(t, server.Config.Handler, http.MethodPost, "/publish/chat/hello", "", asFull)
	if got := published.text; got != `{"result":1}` {
		t.Errorf("the publisher was answered %s", got)
	}
	expect(t, lines, "data: message,chat,hello", "")
	database.Publish("other/room", `{"a":"b, c"}`)
	expect(t, lines, `data: message,other/room,{"a":"b, c"}`, "")
	database.Publish("chat", "two\nlines")
	expect(t, lines, "data: message,chat,two", "data: lines", "")
	leave()

	for deadline := time.Now().Add(30 * time.Second); len(database.PubSubChannels("")) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("a subscriber that left still listens to %q", database.PubSubChannels(""))
		}
	}
}

func TestSubscribeToAPattern(t *testing.T) {
	server, database := newServer(t)
	lines, _ := listen(t, server, "/psubscribe/chat:*")
	expect(t, lines, "data: psubscribe,chat:*,1", "")
	database.Publish("chat:1", "hello")
	expect(t, lines, "data: pmessage,chat:*,chat:1,hello", "")
}

// TestAStreamEndsWithItsDatabase is what a subscriber of a deleted database sees.
func TestAStreamEndsWithItsDatabase(t *testing.T) {
	server, database := newServer(t)
	lines, _ := listen(t, server, "/subscribe/chat")
	expect(t, lines, "data: subscribe,chat,1", "")
	database.Close()

	select {
	case line, open := <-lines:
		if open {
			t.Errorf("received %q of a database that is gone", line)
		}
	case <-time.After(30 * time.Second):
		t.Error("the stream of a database that is gone continues")
	}
}

// TestASubscriberWhoDoesNotRead holds up nobody, where half a minute would be until it is given up.
func TestASubscriberWhoDoesNotRead(t *testing.T) {
	server, database := newServer(t)
	listen(t, server, "/subscribe/chat") // its lines are not read
	message := strings.Repeat("m", 64<<10)

	done := make(chan struct{})
	go func() {
		defer close(done)

		for range 3000 { // far more than the sockets and our backlog hold
			database.Publish("chat", message)
		}
	}()

	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("who publishes waits for a subscriber that does not read")
	}

	if got := ask(t, server.Config.Handler, http.MethodGet, "/ping", "", asFull).text; got != `{"result":"PONG"}` {
		t.Errorf("afterwards, a ping was answered %s", got)
	}
}
