package harness

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

// SpaClient is the client id of the page at the stand-ins.
const SpaClient = "sandbox-spa"

// TestVersion is what servers of tests report as their build.
const TestVersion = "test"

// PortOf is the port of an address.
func PortOf(address net.Addr) string {
	_, port, _ := net.SplitHostPort(address.String())

	return port
}

// FileExists reports whether there is anything at the path.
func FileExists(path string) bool {
	_, err := os.Stat(path)

	return !errors.Is(err, fs.ErrNotExist)
}

// Repository is the path of a file of the repository, from its root, wherever the test runs.
func Repository(path string) string {
	_, here, _, _ := runtime.Caller(0)

	return filepath.Join(filepath.Dir(here), "..", "..", path)
}
