package main

import "github.com/upstash-connect/bff/internal/desktop"

// readyLine is what a sandbox writes on standard output when it is ready.
type readyLine = desktop.SandboxAddresses
