package native

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/upstash-connect/bff/internal/problem"
)

// ErrPortInUse means that another program listens on the port at 127.0.0.1 or [::1].
var ErrPortInUse = problem.Sentinel(problem.PortInUse, "the port is in use",
	"Stop that program, or choose another port with --redirect-port if your client ID allows it.")

// Listen opens the port on 127.0.0.1 and [::1] only (RFC 8252 section 8.3). It needs both, because a browser may
// resolve localhost in the redirect to either: a program on the other address would receive the code. A machine without
// IPv6 needs only 127.0.0.1. Port 0 picks a free port.
func Listen(ctx context.Context, port int) ([]net.Listener, int, error) {
	const attempts = 20 // a picked port may be in use on the other address

	var err error
	for range attempts {
		var listeners []net.Listener
		if listeners, err = listenBoth(ctx, port); err == nil {
			return listeners, listeners[0].Addr().(*net.TCPAddr).Port, nil
		}

		if port != 0 || !errors.Is(err, ErrPortInUse) {
			break
		}
	}

	return nil, 0, err
}

func listenBoth(ctx context.Context, port int) ([]net.Listener, error) {
	var config net.ListenConfig

	first, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, listenError(err, port)
	}
	port = first.Addr().(*net.TCPAddr).Port

	second, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		return []net.Listener{first, second}, nil
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
		return []net.Listener{first}, nil
	}

	return nil, errors.Join(listenError(err, port), first.Close())
}

func listenError(err error, port int) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: %d", ErrPortInUse, port)
	}

	return fmt.Errorf("listen on loopback: %w", err)
}
