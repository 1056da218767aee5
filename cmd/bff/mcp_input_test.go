package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
)

var errInternal = errors.New("planted: a path of this machine")

// heldOpen is an input that ends only after the second response was written: the end cancels what is in progress.
type heldOpen struct {
	io.Reader
	out  io.Writer
	done chan struct{}
}

// Read implements io.Reader.
func (h *heldOpen) Read(into []byte) (int, error) {
	n, err := h.Reader.Read(into)
	if err != nil {
		<-h.done
	}

	return n, err
}

// Write implements io.Writer.
func (h *heldOpen) Write(message []byte) (int, error) {
	if strings.Contains(string(message), `"id":2`) {
		defer close(h.done)
	}

	return h.out.Write(message)
}

// interrupt sends what Ctrl-C sends.
func interrupt(command *exec.Cmd) error { return command.Process.Signal(os.Interrupt) }
