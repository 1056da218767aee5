package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// maxPortTries bounds the search for a port that is free on both loopbacks.
const maxPortTries = 20

// listener opens the listeners of one name. With both, it takes the same port on the other loopback as well, because
// "localhost" may lead a client there.
func listen(ctx context.Context, store *state.Store, name, address string, both bool) ([]net.Listener, error) {
	wanted, err := loopback(address)
	if err != nil {
		return nil, err
	}

	pick := wanted.Port() == 0
	if pick {
		remembered, err := store.Port(name)
		if err != nil {
			return nil, fmt.Errorf("read the %s port: %w", name, err)
		}

		if remembered != 0 {
			wanted = netip.AddrPortFrom(wanted.Addr(), uint16(remembered))
			pick = false
		}
	}

	for try := 1; ; try++ {
		opened, err := open(ctx, wanted, both)
		if pick && both && errors.Is(err, syscall.EADDRINUSE) && try < maxPortTries {
			continue // the port picked on one loopback is busy on the other
		}

		if err != nil {
			return nil, fmt.Errorf("listen for the %s: %w", name, err)
		}

		if !pick {
			return opened, nil
		}

		if err := store.RememberPort(name, portOf(opened[0])); err != nil {
			return nil, errors.Join(fmt.Errorf("remember the %s port: %w", name, err), closeAll(opened))
		}

		return opened, nil
	}
}

func open(ctx context.Context, address netip.AddrPort, both bool) ([]net.Listener, error) {
	var config net.ListenConfig

	first, err := config.Listen(ctx, "tcp", address.String())
	if err != nil {
		return nil, busy(address, err)
	}

	opened := []net.Listener{first}
	if !both {
		return opened, nil
	}

	other := netip.AddrPortFrom(netip.IPv6Loopback(), uint16(portOf(first)))
	if address.Addr().Is6() {
		other = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), other.Port())
	}

	second, err := config.Listen(ctx, "tcp", other.String())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		// A client that resolves localhost to this address would meet a stranger.
		return nil, errors.Join(busy(other, err), first.Close())
	case err != nil:
		return opened, nil // a machine without that address family
	}

	return append(opened, second), nil
}

func busy(address netip.AddrPort, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("address %s is busy: %w", address, err)
	}

	return err
}

func portOf(listener net.Listener) int { return listener.Addr().(*net.TCPAddr).Port }

func closeAll(listeners []net.Listener) error {
	var faults []error
	for _, listener := range listeners {
		faults = append(faults, listener.Close())
	}

	return errors.Join(faults...)
}
