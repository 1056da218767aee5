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

// maxPortTries limits the search for a port that is free on both loopbacks.
const maxPortTries = 20

// place is the address of a listener.
type place struct {
	name, address string
	both          bool // on both loopbacks: "localhost" may resolve to either
	usual         bool // the default address: use another port if it is busy
	kept          bool // the address is fixed: the data in this directory depends on it
}

// memory is the name under which the port is stored. A directory that was started both with and without an address
// has two.
func (p place) memory() string {
	if p.usual {
		return "usual " + p.name
	}

	return p.name
}

// listen opens the listeners of a place. It stores a random or default port, so that a directory keeps the addresses
// of its first start: clients know them.
func listen(ctx context.Context, store *state.Store, p place) ([]net.Listener, error) {
	wanted, err := loopback(p.address)
	if err != nil {
		return nil, err
	}

	remember := wanted.Port() == 0 || p.usual
	if remember {
		remembered, err := store.Port(p.memory())
		if err != nil {
			return nil, fmt.Errorf("read the %s port: %w", p.name, err)
		}

		if remembered != 0 {
			wanted = netip.AddrPortFrom(wanted.Addr(), uint16(remembered))
			remember = false
		}
	}
	mayMove := remember && !p.kept

	for try := 1; ; try++ {
		opened, err := open(ctx, wanted, p.both)
		if mayMove && errors.Is(err, syscall.EADDRINUSE) && try < maxPortTries {
			wanted = netip.AddrPortFrom(wanted.Addr(), 0) // a free port of one loopback may be busy on the other
			continue
		}

		if err != nil {
			return nil, fmt.Errorf("listen for the %s: %w", p.name, err)
		}

		if !remember {
			return opened, nil
		}

		if err := store.RememberPort(p.memory(), portOf(opened[0])); err != nil {
			return nil, errors.Join(fmt.Errorf("remember the %s port: %w", p.name, err), closeAll(opened))
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
		// A client that resolves localhost to this address would reach another program.
		return nil, errors.Join(busy(other, err), first.Close())
	case err != nil:
		return opened, nil // the machine lacks that address family
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
