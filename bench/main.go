// Command bench measures the product and the alternatives that a partner would run, and writes the results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// The kernel ends what we started when the thread that started it ends: the first thread lives while we do, and
// main stays on it.
func init() { runtime.LockOSThread() }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	var err error
	if len(os.Args) > 1 && os.Args[1] == standInsCommand {
		err = runStandIns(ctx, os.Args[2:])
	} else {
		err = benchmark(ctx, os.Args[1:])
	}

	switch {
	case errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted; nothing is left running")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func benchmark(ctx context.Context, args []string) (err error) {
	o, err := parseOptions(args, os.Stderr)
	if err != nil {
		return err
	}
	start := time.Now()

	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()

	if err := b.prepare(ctx); err != nil {
		return err
	}

	if err := b.check(); err != nil {
		return err
	}
	b.prepared = time.Since(start)

	if err := b.measure(ctx); err != nil {
		return err
	}
	b.took = time.Since(start)

	return b.report(ctx)
}
