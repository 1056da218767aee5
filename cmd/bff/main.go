// Command bff connects a platform's users to their own Upstash accounts: a page, a narrowed REST API, and a sandbox
// that stands in for Upstash, in one binary.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
)

func main() { os.Exit(process()) }

// process runs what the process was started for, until it ends or is asked to: the first signal asks, and, with the
// handler gone, a second one ends the process.
func process() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	p := program{environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr, stdin: typed(os.Stdin)}

	return p.run(ctx, os.Args[1:])
}

// run is process with everything it touches handed in, so that starting can be tested.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	stdout, stderr = terminal.NewScreen(stdout), terminal.NewScreen(stderr)

	return program{environ: environ, stdout: stdout, stderr: stderr}.run(ctx, args)
}

func (p program) run(ctx context.Context, args []string) int {
	root := newRoot(p)
	root.SetArgs(args)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	understood := false
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }

	err := root.ExecuteContext(ctx)
	if err != nil && !understood {
		err = terminal.NewUsageError(err)
	}

	return report(err, p.stderr)
}
