package sandbox

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// A listener without a configured address moves if the address is in use, and keeps the address of the first start.
// The issuer does not move after its directory was used, because accounts belong to its address.
func TestAListenerMovesAtTheFirstStartOnly(t *testing.T) {
	t.Parallel()

	store, err := state.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })

	var config net.ListenConfig

	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })

	port := func(p place) (int, error) {
		opened, err := listen(t.Context(), store, p)
		if err != nil {
			return 0, err
		}

		return portOf(opened[0]), closeAll(opened)
	}
	refused := func(why string, p place) {
		t.Helper()

		if got, err := port(p); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: got port %d, %v", why, got, err)
		}
	}
	address := taken.Addr().String()
	refused("a named address", place{name: "redis", address: address})
	refused("a used directory's issuer", place{name: "issuer", address: address, usual: true, kept: true})

	usual := place{name: "redis", address: address, both: true, usual: true}

	first, err := port(usual)
	if err != nil {
		t.Fatal(err)
	}

	again, err := port(usual)
	if err != nil || again != first {
		t.Errorf("started again: got port %d, %v, want %d", again, err, first)
	}

	held, err := listen(t.Context(), store, usual)
	if err != nil {
		t.Fatal(err)
	}
	refused("the directory's port", usual)

	if err := closeAll(held); err != nil {
		t.Error(err)
	}

	if picked, err := port(place{name: "redis", address: "127.0.0.1:0"}); err != nil || picked == first {
		t.Errorf("one that must be picked: got port %d, %v", picked, err)
	}
}
