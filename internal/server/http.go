package server

import (
	"log/slog"
	"net/http"
	"time"
)

// Bounds are the bounds of one HTTP exchange. Without them a peer that sends or reads a byte now and then holds a
// connection for ever.
type Bounds struct {
	Header time.Duration // until the last header has come
	Read   time.Duration // until the last byte of the body has come
	Write  time.Duration // until the last byte of the answer has gone
	Idle   time.Duration // between two requests
	Bytes  int           // of the header
}

// UsualBounds are those of the public listener. Writing must outlast the longest connect (settling and minting, 15 s
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
		DisableGeneralOptionsHandler: true, // net/http would answer "OPTIONS *" by itself, past every rule of ours
		ErrorLog:                     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
