package upstash

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// framePeer is a far end of HTTP/2 that a test writes itself, frame by frame.
type framePeer struct {
	*http2.Framer
	conn net.Conn
}

// header sends the response header of stream 1.
func (p *framePeer) header(status string, last bool) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status})
	_ = p.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: last,
	})
}

// await reads until a frame of this type arrives; false when the connection ends first.
func (p *framePeer) await(kind http2.FrameType) bool {
	for {
		frame, err := p.ReadFrame()
		if err != nil {
			return false
		}

		if frame.Header().Type == kind {
			return true
		}
	}
}

// drain reads until the other side has closed, so that no reset overtakes the written data.
func (p *framePeer) drain() { _, _ = io.Copy(io.Discard, p.conn) }

// startFramePeer serves every connection as given, and counts those with TLS.
func startFramePeer(tb testing.TB, serve func(p *framePeer)) *Client {
	tb.Helper()

	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.Config.ErrorLog = silent()
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) {
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))

			if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
				return
			}
			serve(&framePeer{http2.NewFramer(conn, conn), conn})
		},
	}
	server.StartTLS()
	tb.Cleanup(server.Close)

	return clientOf(tb, server, server.URL)
}

// What a far end of HTTP/2 may do with a write, and whether that write was certainly not carried out.
func TestHTTP2PeerBehaviorDuringAWrite(t *testing.T) {
	whole := func(p *framePeer) { _ = p.WriteSettings(); p.await(http2.FrameData) }

	rows := map[string]struct {
		serve  func(p *framePeer)
		unsent bool
		made   bool
	}{
		"answers": {made: true, serve: func(p *framePeer) {
			whole(p)
			p.header("200", false)
			_ = p.WriteData(1, true, []byte(made))
		}},
		"says that it will go, and answers": {made: true, serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteGoAway(1<<31-1, http2.ErrCodeNo, nil)
			p.header("200", false)
			_ = p.WriteData(1, true, []byte(made))
		}},
		"goes before the request": {unsent: true, serve: func(p *framePeer) {
			_ = p.WriteSettings()
			_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
			p.drain()
		}},
		"goes without the request": {unsent: true, serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
			p.drain()
		}},
		"goes without the request, for a reason": {unsent: true, serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too many"))
			p.drain()
		}},
		"goes twice, at last without the request": {unsent: true, serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteGoAway(1<<31-1, http2.ErrCodeNo, nil)
			_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
			p.drain()
		}},
		"goes with the request": {serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteGoAway(1, http2.ErrCodeNo, nil)
		}},
		"goes with the request, for a reason": {serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteGoAway(1, http2.ErrCodeInternal, nil)
		}},
		"refuses the stream": {unsent: true, serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream)
			p.drain()
		}},
		"refuses the stream of which it has the header": {unsent: true, serve: func(p *framePeer) {
			_ = p.WriteSettings()
			p.await(http2.FrameHeaders)
			_ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream)
			p.drain()
		}},
		"started to work, and rejects the stream": {serve: func(p *framePeer) {
			whole(p)
			p.header("103", false)
			_ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream)
			p.drain()
		}},
		"started to work, and leaves without the request": {serve: func(p *framePeer) {
			whole(p)
			p.header("103", false)
			_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
			p.drain()
		}},
		"started to respond, and rejects the stream": {serve: func(p *framePeer) {
			whole(p)
			p.header("200", false)
			_ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream)
			p.drain()
		}},
		"cancels the stream": {serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteRSTStream(1, http2.ErrCodeCancel)
			p.drain()
		}},
		"fails": {serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteRSTStream(1, http2.ErrCodeInternal)
			p.drain()
		}},
		"says that the request is no HTTP": {serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteRSTStream(1, http2.ErrCodeProtocol)
			p.drain()
		}},
		"ends the stream without an answer": {serve: func(p *framePeer) {
			whole(p)
			_ = p.WriteRSTStream(1, http2.ErrCodeNo)
			p.drain()
		}},
		"ends behind the header":  {serve: func(p *framePeer) { _ = p.WriteSettings(); p.await(http2.FrameHeaders) }},
		"ends behind the request": {serve: whole},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var served atomic.Int64

			client := startFramePeer(t, func(p *framePeer) {
				served.Add(1)
				row.serve(p)
			})
			_, err := client.CreateDatabase(t.Context(), writer, CreateRequest{Name: "x"})

			switch {
			case row.made && err != nil:
				t.Errorf("got %v, want a database", err)
			case row.unsent && !NotSent(err):
				t.Errorf("got %v, want that it was not sent", err)
			case !row.made && !row.unsent && !errors.Is(err, ErrOutcomeUnknown):
				t.Errorf("got %v, want that its outcome is unknown", err)
			}

			if served.Load() != 1 {
				t.Errorf("it was sent over %d connections, want one", served.Load())
			}
		})
	}
}
