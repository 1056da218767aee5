package harness

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

// SpaClient is the page's client id at the stand-ins.
const SpaClient = "sandbox-spa"

// TestVersion is the build version that test servers report.
const TestVersion = "test"

// PortOf is the port of an address.
func PortOf(address net.Addr) string {
	_, port, _ := net.SplitHostPort(address.String())

	return port
}

// FileExists reports whether the path exists.
func FileExists(path string) bool {
	_, err := os.Stat(path)

	return !errors.Is(err, fs.ErrNotExist)
}

// Repository returns the path of a repository file, given its path from the root.
func Repository(path string) string {
	_, here, _, _ := runtime.Caller(0)

	return filepath.Join(filepath.Dir(here), "..", "..", path)
}
