package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// terminalInput returns the file if it is a terminal, and nil if it is a pipe or a regular file.
func terminalInput(file *os.File) io.Reader {
	if !isatty.IsTerminal(file.Fd()) && !isatty.IsCygwinTerminal(file.Fd()) {
		return nil
	}

	return terminalLines{file}
}

// terminalLines prepares the terminal when it is first read, and no sooner.
type terminalLines struct{ file *os.File }

// Read implements io.Reader.
func (t terminalLines) Read(into []byte) (int, error) {
	keepRunningInBackground()

	return t.file.Read(into)
}
