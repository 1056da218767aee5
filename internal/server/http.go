package server

import (
	"log/slog"
	"net/http"
	"time"
)

// Bounds are the limits of one HTTP request and its response. Without them, a client that sends or reads single bytes
// slowly would occupy a connection indefinitely.
type Bounds struct {
	Header time.Duration // until the server has read the last header
	Read   time.Duration // until the server has read the complete body
	Write  time.Duration // until the server has written the complete response
	Idle   time.Duration // between two requests
	Bytes  int           // size of the header
}

// UsualBounds are the bounds of the public listener. Write must exceed the longest connect (settling and minting, 15 s
// each) and the longest create (a list, the create, a list to settle it, and probes of the key).
func UsualBounds() Bounds {
	return Bounds{
		Header: 10 * time.Second,
		Read:   30 * time.Second,
		Write:  90 * time.Second,
		Idle:   2 * time.Minute,
		Bytes:  32 << 10,
	}
}

func newHTTPServer(handler http.Handler, bounds Bounds, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: bounds.Header, ReadTimeout: bounds.Read,
		WriteTimeout: bounds.Write, IdleTimeout: bounds.Idle, MaxHeaderBytes: bounds.Bytes,
		DisableGeneralOptionsHandler: true, // otherwise net/http itself responds to "OPTIONS *", without our middleware
		ErrorLog:                     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
