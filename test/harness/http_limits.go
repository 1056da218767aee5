package harness

import (
	"net"
	"testing"
)

// Dial opens a connection to the server, and closes it when the test ends.
func (p *Product) Dial(t *testing.T) net.Conn {
	t.Helper()

	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.Host())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })

	return connection
}
