package redis

import (
	"bufio"
	"errors"
	"net"
	"strings"
)

// protocol is what a client speaks. The first bytes decide it permanently: if a web page sends Redis commands inside
// an HTTP request, they are read as HTTP.
type protocol int

const (
	protocolUnknown protocol = iota
	protocolTLS
	protocolHTTP
	protocolRESP
)

// handshake is the first byte of a TLS connection (RFC 8446, 5.1).
const handshake = 0x16

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}

// sniff reads the first bytes without consuming them.
func sniff(r *bufio.Reader) (protocol, error) {
	for n := 1; ; n++ {
		seen, err := r.Peek(n)
		if err != nil {
			return protocolUnknown, err
		}

		if found := judge(string(seen)); found != protocolUnknown || !mayBeHTTP(string(seen)) {
			return found, nil
		}
	}
}

// judge returns unknown for any other protocol, and for a beginning that may still become one.
func judge(seen string) protocol {
	switch first := seen[0]; {
	case first == handshake:
		return protocolTLS
	case first == '*':
		return protocolRESP
	case (first < 'A' || first > 'Z') && (first < 'a' || first > 'z'):
		return protocolUnknown
	}

	for _, method := range methods {
		if seen == method+" /" || seen == method+" *" {
			return protocolHTTP
		}
	}

	if !mayBeHTTP(seen) {
		return protocolRESP // a command typed by hand
	}

	return protocolUnknown
}

func mayBeHTTP(seen string) bool {
	for _, method := range methods {
		if strings.HasPrefix(method+" /", seen) || strings.HasPrefix(method+" *", seen) {
			return true
		}
	}

	return false
}

// peeked is a connection with a buffered beginning.
type peeked struct {
	net.Conn
	reader *bufio.Reader
}

// CloseWrite closes the sending half of the connection.
func (p peeked) CloseWrite() error {
	if half, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}

	return errors.ErrUnsupported
}

func (p peeked) Read(into []byte) (int, error) { return p.reader.Read(into) }
