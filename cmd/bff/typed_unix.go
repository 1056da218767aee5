//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// keepRunningInBackground has a terminal that is another program's now answer a read with an error. Else the read would
// stop the process, though all it waits for may come through the browser.
func keepRunningInBackground() { signal.Ignore(syscall.SIGTTIN) }
