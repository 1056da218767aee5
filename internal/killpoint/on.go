//go:build killpoints

package killpoint

import (
	"os"
	"strings"
	"syscall"
	"time"
)

// Reach looks into the file that $KILLPOINT_FILE names: "POINT kill" ends this process without warning, "POINT stop"
// stops it until it is continued. The order is used up before it is obeyed.
func Reach(point Point) {
	path := os.Getenv("KILLPOINT_FILE")
	order, err := os.ReadFile(path)
	if err != nil {
		return
	}
	at, action, _ := strings.Cut(strings.TrimSpace(string(order)), " ")
	if at != string(point) || os.Remove(path) != nil { // two goroutines: whoever removes the file obeys
		return
	}
	signal := syscall.SIGKILL
	if action == "stop" {
		signal = syscall.SIGSTOP
	}
	_ = syscall.Kill(os.Getpid(), signal)
	if action != "stop" {
		select {} // the signal may take a moment; nothing further may happen
	}
	time.Sleep(10 * time.Millisecond) // as above
}

// Lease is $KILLPOINT_LEASE, so that a test need not wait half a minute for the lease of a dead process.
func Lease(standard time.Duration) time.Duration {
	if lease, err := time.ParseDuration(os.Getenv("KILLPOINT_LEASE")); err == nil {
		return lease
	}
	return standard
}

// Shared reports whether $KILLPOINT_SHARED lets a second server open a database that another has: on one file, the only
// way to have one mint finish while the holder of an older lease is stopped.
func Shared() bool { return os.Getenv("KILLPOINT_SHARED") != "" }
