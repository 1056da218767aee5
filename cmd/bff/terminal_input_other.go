//go:build !unix

package main

// keepRunningInBackground does nothing: this system has no SIGTTIN.
func keepRunningInBackground() {}
