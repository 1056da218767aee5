// Package peertest finds the other programs that tests use: the poolers, proxies and servers that people run in front
// of the product or compare it with.
package peertest

import (
	"os"
	"os/exec"
	"testing"
)

const requiredVariable = "TEST_PEERS_REQUIRED" // not empty: a missing program fails its tests instead of skipping them

// Program returns the path of the program called name. If it is missing, the test is skipped with a hint at the Debian
// package; if TEST_PEERS_REQUIRED is set, it fails instead.
func Program(tb testing.TB, name, debianPackage string) string {
	tb.Helper()

	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}

	// Debian installs servers in a directory that only root's search path includes.
	if path, err = exec.LookPath("/usr/sbin/" + name); err == nil {
		return path
	}

	report := tb.Skipf
	if os.Getenv(requiredVariable) != "" {
		report = tb.Fatalf
	}

	report("NOT TESTED: %s is not installed. On Debian: apt-get install %s", name, debianPackage)

	return ""
}
