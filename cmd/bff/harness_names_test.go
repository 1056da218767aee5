package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/upstash-connect/bff/internal/desktop"
)

// readyLine is what a sandbox writes on standard output when it is ready.
type readyLine = desktop.SandboxAddresses

// spaClient is the client id of the page at the stand-ins.
const spaClient = "sandbox-spa"

// testVersion is what servers of tests report as their build.
const testVersion = "test"

// portOf is the port of an address.
func portOf(address net.Addr) string {
	_, port, _ := net.SplitHostPort(address.String())

	return port
}

// fileExists reports whether there is anything at the path.
func fileExists(path string) bool {
	_, err := os.Stat(path)

	return !errors.Is(err, fs.ErrNotExist)
}

// repository is the path of a file of the repository, from its root, wherever the test runs.
func repository(path string) string {
	_, here, _, _ := runtime.Caller(0)

	return filepath.Join(filepath.Dir(here), "..", "..", path)
}
