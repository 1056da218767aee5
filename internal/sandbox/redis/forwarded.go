package redis

import (
	"net"
	"sync"
)

// forwarded is a listener for connections that another listener accepted.
type forwarded struct {
	address  net.Addr
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (h *forwarded) hand(conn net.Conn) {
	select {
	case h.accepted <- conn:
	case <-h.closed:
		_ = conn.Close()
	}
}

// Accept returns the next connection handed over.
func (h *forwarded) Accept() (net.Conn, error) {
	select {
	case conn := <-h.accepted:
		return conn, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (h *forwarded) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr is the address at which the connections were accepted.
func (h *forwarded) Addr() net.Addr { return h.address }

// handedConn reports when its new owner closed it.
type handedConn struct {
	net.Conn
	gone chan struct{}
	once sync.Once
}

func (c *handedConn) Close() error {
	defer c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}
