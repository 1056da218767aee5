//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// keepRunningInBackground makes a read in the background fail instead of stopping the process. The login may still
// arrive through the browser.
func keepRunningInBackground() { signal.Ignore(syscall.SIGTTIN) }
