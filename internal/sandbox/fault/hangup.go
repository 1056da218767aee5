package fault

import (
	"net"
	"net/http"
)

// hangUp sends last, which may be empty, and closes the connection: with a FIN, or with a reset (RST), as when a
// process dies or a proxy gives up.
func hangUp(w http.ResponseWriter, last []byte, reset bool) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// Closes the connection without a response, but less reliably.
		panic(http.ErrAbortHandler)
	}
	// Errors here mean that the caller disconnected first, which is fine.
	_, _ = connection.Write(last)
	if tcp, ok := connection.(*net.TCPConn); ok && reset {
		// A linger of 0 makes Close send a reset. The bytes written above still arrive: on loopback, a write delivers
		// them to the other side.
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
