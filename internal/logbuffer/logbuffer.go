// Package logbuffer buffers the lines of the access log, so that a busy server writes many lines with one system call.
//
// Only access lines are buffered, for at most Delay. Any other record is written immediately, after all buffered
// lines. The buffer holds at most Size bytes. When it is full, the goroutine that logs writes it out. Therefore a slow
// reader of the log slows down the server, but no line is lost. A killed process loses the access lines of its last
// Delay.
package logbuffer

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Bounds of the buffer.
const (
	Size  = 64 << 10 // bytes
	Delay = 100 * time.Millisecond
)

// Buffer is a buffered writer. It is safe for concurrent use.
type Buffer struct {
	out io.Writer

	mu      sync.Mutex
	waiting []byte
	timed   bool // whether a flush is scheduled
}

// New creates an empty buffer that writes to out.
func New(out io.Writer) *Buffer { return &Buffer{out: out, waiting: make([]byte, 0, Size)} }

// Write buffers a line. It first writes out the buffer if the line does not fit, and does not buffer a line longer
// than Size.
func (b *Buffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	if len(b.waiting)+len(line) > Size {
		if err := b.flush(); err != nil {
			return 0, err
		}
	}

	if len(line) > Size {
		return b.out.Write(line)
	}
	b.waiting = append(b.waiting, line...)

	if !b.timed {
		b.timed = true
		time.AfterFunc(Delay, b.flushOnTimer)
	}

	return len(line), nil
}

func (b *Buffer) flushOnTimer() {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.timed = false
	_ = b.flush() // as for other log records, there is no caller to report the error to
}

// Flush writes out the buffer.
func (b *Buffer) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()

	return b.flush()
}

func (b *Buffer) flush() error {
	if len(b.waiting) == 0 {
		return nil
	}
	_, err := b.out.Write(b.waiting)
	b.waiting = b.waiting[:0]

	return err
}

// Logger creates a logger that writes through the buffer. newHandler creates its handler, which must write each record
// with one call of Write, as the handlers of log/slog do. Records with the message access are buffered, unless they
// are warnings or errors.
func (b *Buffer) Logger(newHandler func(io.Writer) slog.Handler, access string) *slog.Logger {
	return slog.New(handler{Handler: newHandler(b), buffer: b, access: access})
}

type handler struct {
	slog.Handler
	buffer *Buffer
	access string
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	err := h.Handler.Handle(ctx, record)
	if record.Message == h.access && record.Level < slog.LevelWarn {
		return err
	}

	if flushErr := h.buffer.Flush(); err == nil {
		err = flushErr
	}

	return err
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attributes []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attributes)
	return h
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
