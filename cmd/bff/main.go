// Command bff lets the users of a product connect their own Upstash accounts. One binary contains the server with its
// page and REST API, the commands for a desktop, and a sandbox that stands in for Auth0 and Upstash.
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

// process runs the command line until it finishes or a signal arrives. The first signal cancels the context and removes
// the handler, so a second one kills the process.
func process() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	p := program{environ: os.Environ(), input: os.Stdin, stdin: terminalInput(os.Stdin)}
	p.stdout, p.stderr = terminal.NewScreen(os.Stdout, p.environ), terminal.NewScreen(os.Stderr, p.environ)

	return p.run(ctx, os.Args[1:])
}

// run is process for tests: it takes everything that a command reads and writes.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	stdout, stderr = terminal.NewScreen(stdout, environ), terminal.NewScreen(stderr, environ)

	return program{environ: environ, stdout: stdout, stderr: stderr}.run(ctx, args)
}

func (p program) run(ctx context.Context, args []string) int {
	root := newRoot(p)
	root.SetArgs(args)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	parsed := false
	root.PersistentPreRun = func(*cobra.Command, []string) { parsed = true }

	err := root.ExecuteContext(ctx)
	if err != nil && !parsed {
		err = terminal.NewUsageError(err)
	}

	return report(err, p.stderr)
}
