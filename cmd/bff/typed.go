package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// typed is the file if a person types it: a terminal, and no pipe and no file.
func typed(file *os.File) io.Reader {
	if !isatty.IsTerminal(file.Fd()) && !isatty.IsCygwinTerminal(file.Fd()) {
		return nil
	}

	return terminalLines{file}
}

// terminalLines begins to read when somebody wants what is typed, and no sooner.
type terminalLines struct{ file *os.File }

// Read implements io.Reader.
func (t terminalLines) Read(into []byte) (int, error) {
	keepRunningInBackground()

	return t.file.Read(into)
}
