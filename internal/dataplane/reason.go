package dataplane

import (
	"errors"
	"net"

	"github.com/upstash-connect/bff/internal/egress"
)

// Reason is why a ping did not reach a database, or why its answer is no proof that the database works.
type Reason string

// The reasons.
const (
	AddressNotAllowed Reason = "address_not_allowed" // not a host of Upstash, or not a public address; nothing was sent
	NameNotResolved   Reason = "name_not_resolved"
	ConnectionFailed  Reason = "connection_failed" // refused, unreachable, or closed before an answer
	Timeout           Reason = "timeout"
	TLSFailed         Reason = "tls_failed"       // an invalid certificate, or no common version
	ProxyFailed       Reason = "proxy_failed"     // the forward proxy of this server
	TokenRejected     Reason = "token_rejected"   // 401
	CommandRejected   Reason = "command_rejected" // the database answered with an error, such as a reached limit
	UnexpectedAnswer  Reason = "unexpected_answer"
)

// Reasons lists all reasons.
func Reasons() []Reason {
	return []Reason{
		AddressNotAllowed, NameNotResolved, ConnectionFailed, Timeout, TLSFailed, ProxyFailed, TokenRejected,
		CommandRejected, UnexpectedAnswer,
	}
}

// Error means that a ping failed. It contains nothing of the token and nothing of the answer.
type Error struct{ Reason Reason }

func (e *Error) Error() string { return "the ping failed: " + string(e.Reason) }

func failed(reason Reason) error { return &Error{Reason: reason} }

// reasonOf says why there was no complete answer. expired tells that the time is up; inHandshake, that the TLS
// handshake began and did not succeed.
func reasonOf(err error, expired, inHandshake bool) Reason {
	var (
		forbidden  *egress.AddressError
		proxy      *egress.ProxyError
		resolution *net.DNSError
	)

	switch {
	case errors.As(err, &forbidden):
		return AddressNotAllowed
	case errors.As(err, &proxy):
		return ProxyFailed
	case errors.As(err, &resolution):
		return NameNotResolved
	case expired:
		return Timeout
	case inHandshake:
		return TLSFailed
	}

	return ConnectionFailed
}
