package redis

import (
	"io"
	"net"
	"sync"
	"time"
)

// maxUnsent is how many bytes a client may leave unread before it is disconnected, as in Redis.
const maxUnsent = 256 << 20

// flushPatience limits how long the last replies may take before the client is disconnected.
const flushPatience = 5 * time.Second

// outbox sends replies to a client in the background, so that writing to it never blocks. A client may send many
// commands before it reads, and a subscriber may not read at all.
type outbox struct {
	connection net.Conn
	raw        net.Conn // below TLS

	mutex   sync.Mutex
	changed *sync.Cond
	unsent  []byte
	ending  bool // nothing more will be written
	broken  bool // nothing more can be sent
	sent    chan struct{}
}

func newOutbox(connection, raw net.Conn) *outbox {
	o := &outbox{connection: connection, raw: raw, sent: make(chan struct{})}

	o.changed = sync.NewCond(&o.mutex)
	go o.send()

	return o
}

// Write never fails; data that can no longer be sent is dropped.
func (o *outbox) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()

	if o.ending || o.broken {
		return len(p), nil
	}

	if len(o.unsent)+len(p) > maxUnsent {
		o.fail()
		return len(p), nil
	}
	o.unsent = append(o.unsent, p...)
	o.changed.Signal()

	return len(p), nil
}

// fail is called with the mutex held.
func (o *outbox) fail() {
	o.broken, o.unsent = true, nil
	o.changed.Signal()
	_ = o.raw.Close() // its reader will notice
}

func (o *outbox) send() {
	defer close(o.sent)

	for {
		o.mutex.Lock()
		for len(o.unsent) == 0 && !o.ending && !o.broken {
			o.changed.Wait()
		}
		batch := o.unsent
		o.unsent = nil
		o.mutex.Unlock()

		if len(batch) == 0 {
			return
		}

		if _, err := o.connection.Write(batch); err != nil {
			o.mutex.Lock()
			o.fail()
			o.mutex.Unlock()

			return
		}
	}
}

// close sends the remaining data, for a limited time, and closes the connection.
func (o *outbox) close() {
	o.mutex.Lock()
	o.ending = true
	o.changed.Signal()
	o.mutex.Unlock()
	_ = o.connection.SetWriteDeadline(time.Now().Add(flushPatience))
	<-o.sent
	linger(o.connection, o.raw)
}

const (
	lingerPatience = 500 * time.Millisecond
	lingerBytes    = 1 << 20
)

// linger closes a connection so that the last reply arrives: closing one with unread data resets it, and the client
// loses the reply.
func linger(connection, raw net.Conn) {
	if half, ok := connection.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = raw.SetReadDeadline(time.Now().Add(lingerPatience))
		_, _ = io.Copy(io.Discard, io.LimitReader(raw, lingerBytes))
	}
	_ = raw.Close()
}
