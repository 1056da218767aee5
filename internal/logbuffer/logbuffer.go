// Package logbuffer gathers the lines of the access log, so that a busy server writes many with one system call.
//
// Only access lines wait, and for Delay at most: any other record is written at once, with all lines before it. The
// buffer is bounded by Size. When it is full, whoever logs writes it out: a slow reader of the log slows the server
// down, and no line is dropped. A process that is killed loses the access lines of its last Delay.
package logbuffer

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Bounds of what waits.
const (
	Size  = 64 << 10 // bytes
	Delay = 100 * time.Millisecond
)

// Buffer is a writer that gathers what is written to it. It is safe for concurrent use.
type Buffer struct {
	out io.Writer

	mu      sync.Mutex
	waiting []byte
	timed   bool // whether a flush is on its way
}

// New makes an empty buffer before out.
func New(out io.Writer) *Buffer { return &Buffer{out: out, waiting: make([]byte, 0, Size)} }

// Write keeps a line, and writes out what no longer fits. A line that is longer than the buffer is written through.
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
		time.AfterFunc(Delay, b.flushInTime)
	}

	return len(line), nil
}

func (b *Buffer) flushInTime() {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.timed = false
	_ = b.flush() // as for any other line: nobody is left to be told
}

// Flush writes out everything that waits.
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

// Logger makes a logger whose records go through the buffer. Its handler, which newHandler makes, writes each record
// with one call of Write, as those of log/slog do. Records with the message access may wait in the buffer, unless they
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
