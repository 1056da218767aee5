package main

import (
	"log/slog"
	"net/http"
	"time"
)

// httpBounds are the bounds of one HTTP exchange. Without them a peer that sends or reads a byte now and then holds a
// connection for ever.
type httpBounds struct {
	header time.Duration // until the last header has come
	read   time.Duration // until the last byte of the body has come
	write  time.Duration // until the last byte of the answer has gone
	idle   time.Duration // between two requests
	bytes  int           // of the header
}

// usualBounds: writing must outlast the longest connect (settling and minting, 15 s each) and the longest create (a list,
// the create, a list to settle it, and probes of the key).
func usualBounds() httpBounds {
	return httpBounds{header: 10 * time.Second, read: 30 * time.Second, write: 90 * time.Second, idle: 2 * time.Minute, bytes: 32 << 10}
}

func newHTTPServer(handler http.Handler, bounds httpBounds, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: bounds.header, ReadTimeout: bounds.read,
		WriteTimeout: bounds.write, IdleTimeout: bounds.idle, MaxHeaderBytes: bounds.bytes,
		DisableGeneralOptionsHandler: true, // net/http would answer "OPTIONS *" by itself, past every rule of ours
		ErrorLog:                     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
