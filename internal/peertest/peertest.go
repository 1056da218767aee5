// Package peertest finds the programs that tests run beside ours: the poolers, proxies and servers that people put in
// front of the product or compare it with.
package peertest

import (
	"os"
	"os/exec"
	"testing"
)

const requiredVariable = "TEST_PEERS_REQUIRED" // not empty: a missing program fails its tests instead of skipping them

// Program returns the path of the program called name. A test whose program is missing is skipped, with the Debian
// package that brings it; it fails instead where TEST_PEERS_REQUIRED is set.
func Program(tb testing.TB, name, debianPackage string) string {
	tb.Helper()

	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}

	// Debian keeps servers where only the search path of root looks.
	if path, err = exec.LookPath("/usr/sbin/" + name); err == nil {
		return path
	}

	complain := tb.Skipf
	if os.Getenv(requiredVariable) != "" {
		complain = tb.Fatalf
	}

	complain("NOT TESTED: there is no %s here. On Debian: apt-get install %s", name, debianPackage)

	return ""
}
