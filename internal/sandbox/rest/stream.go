package rest

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// backlog is how many messages may wait for a slow subscriber. One more disconnects it, as in Redis: waiting for it
// would block publishers.
const backlog = 1024

// writeTimeout is how long sending one message to a subscriber may take.
const writeTimeout = 30 * time.Second

// stream subscribes, and forwards messages as server-sent events until the client or the database disconnects.
func (a *api) stream(w http.ResponseWriter, r *http.Request, access Access, c call) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()

	l, hangUp, err := dial(ctx, access)
	if err != nil {
		return err
	}
	defer hangUp()

	first, err := l.do(c.commands[0])
	if err != nil {
		return err
	}

	if first.kind == typeError {
		return refusal(first.text)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")

	if r.Method == http.MethodHead {
		return nil
	}

	messages := make(chan reply, backlog)
	go l.receive(ctx, messages)

	control := http.NewResponseController(w)
	for message, open := first, true; open; message, open = <-messages {
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer supports deadlines
		if _, err := w.Write(event(message)); err != nil || control.Flush() != nil {
			return nil // the client disconnected
		}
	}

	return nil
}

// receive ends when the connection breaks or the channel is full, and then closes both: publishers wait for the
// connection.
func (l *line) receive(ctx context.Context, messages chan<- reply) {
	defer close(messages)
	defer func() { _ = l.conn.Close() }()

	for ctx.Err() == nil {
		message, err := readReply(l.in)
		if err != nil {
			return
		}

		select {
		case messages <- message:
		default:
			return
		}
	}
}

// event formats a message as the documentation shows it: its parts, separated by commas. A message of several lines
// becomes several data fields, as the format requires.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
func event(message reply) []byte {
	parts := make([][]byte, len(message.items))
	for i, item := range message.items {
		parts[i] = item.text
	}
	text := bytes.ReplaceAll(bytes.Join(parts, []byte(",")), []byte("\n"), []byte("\ndata: "))

	return append(append([]byte("data: "), text...), "\n\n"...)
}
