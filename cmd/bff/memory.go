package main

import (
	"log/slog"
	"os"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/upstash-connect/bff/internal/garbage"
)

// memoryRatio is the share of a container's memory for Go's heap. SQLite and the binary's own pages need the rest.
const memoryRatio = 0.8

// tuneMemory configures the garbage collector, unless the operator did so with GOGC or GOMEMLIMIT, which Go reads
// automatically. Near a container's memory limit the collector works harder, so that the kernel does not kill the
// process.
func tuneMemory(logger *slog.Logger) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, set := os.LookupEnv(name); set {
			return
		}
	}
	garbage.Tune()

	limit, err := memlimit.Set(memlimit.WithRatio(memoryRatio), memlimit.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		// There is no cgroup, as on a desktop: only the machine limits the heap.
		logger.Debug("no container memory limit found", "error", err)
		return
	}
	logger.Debug("garbage collector set", "memory_limit_bytes", limit)
}
