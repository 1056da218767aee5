package main

import (
	"log/slog"
	"os"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/upstash-connect/bff/internal/garbage"
)

// memoryRatio is the part of a container's memory that Go's heap may have. SQLite and the binary's own pages need the
// rest.
const memoryRatio = 0.8

// tuneMemory sets how the garbage collector works, unless GOGC or GOMEMLIMIT says it: then the operator has decided,
// and Go reads both by itself. In a container with a bound on its memory, the collector works harder near the bound,
// so that the kernel does not end the process.
func tuneMemory(logger *slog.Logger) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, set := os.LookupEnv(name); set {
			return
		}
	}
	garbage.Tune()

	limit, err := memlimit.Set(memlimit.WithRatio(memoryRatio), memlimit.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		// No cgroup at all, as on a desktop: the heap has no bound but the machine's.
		logger.Debug("no memory bound of a container found", "error", err)
		return
	}
	logger.Debug("garbage collector set", "memory_limit_bytes", limit)
}
