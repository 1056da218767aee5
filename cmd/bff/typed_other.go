//go:build !unix

package main

// keepRunningInBackground has nothing to do: there is no such thing here.
func keepRunningInBackground() {}
