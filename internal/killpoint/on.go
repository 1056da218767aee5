//go:build killpoints

package killpoint

import (
	"os"
	"strings"
	"syscall"
	"time"
)

// Reach reads the command in the file that $KILLPOINT_FILE names: "POINT kill" kills this process, "POINT stop" stops
// it until SIGCONT. Reach removes the file before it executes the command.
func Reach(point Point) {
	path := os.Getenv("KILLPOINT_FILE")
	command, err := os.ReadFile(path)
	if err != nil {
		return
	}
	at, action, _ := strings.Cut(strings.TrimSpace(string(command)), " ")
	// Of two goroutines, only the one that removes the file executes the command.
	if at != string(point) || os.Remove(path) != nil {
		return
	}
	signal := syscall.SIGKILL
	if action == "stop" {
		signal = syscall.SIGSTOP
	}
	_ = syscall.Kill(os.Getpid(), signal)
	if action != "stop" {
		select {} // block until the signal is delivered
	}
	time.Sleep(10 * time.Millisecond) // wait until the signal is delivered
}

// Lease returns $KILLPOINT_LEASE, so that a test need not wait 30 s for the lease of a killed process to expire.
func Lease(standard time.Duration) time.Duration {
	if lease, err := time.ParseDuration(os.Getenv("KILLPOINT_LEASE")); err == nil {
		return lease
	}
	return standard
}

// Shared reports whether $KILLPOINT_SHARED allows a second server on the same database file. Tests need it to let one
// server finish a mint while the holder of an older lease is stopped.
func Shared() bool { return os.Getenv("KILLPOINT_SHARED") != "" }
