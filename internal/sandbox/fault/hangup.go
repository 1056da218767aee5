package fault

import (
	"net"
	"net/http"
)

// hangUp sends last, which may be nothing, and closes the connection: by a FIN, or by a reset (RST), as when a process
// dies or a middle box gives up.
func hangUp(w http.ResponseWriter, last []byte, reset bool) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// Ends the connection without an answer, if less surely.
		panic(http.ErrAbortHandler)
	}
	// Errors here mean that the caller hung up first, which is as well.
	_, _ = connection.Write(last)
	if tcp, ok := connection.(*net.TCPConn); ok && reset {
		// Closing with a linger of 0 resets. What was written above is on its way: on loopback, writing hands it to the
		// other side.
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
