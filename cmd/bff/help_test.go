package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// everyCommand visits a command and all below it.
func everyCommand(command *cobra.Command, visit func(*cobra.Command)) {
	visit(command)

	for _, below := range command.Commands() {
		everyCommand(below, visit)
	}
}

// Help fits on a terminal of 80 columns: what is said, and what is to be pasted.
func TestHelpFitsOnATerminal(t *testing.T) {
	everyCommand(newRoot(program{stdout: io.Discard, stderr: io.Discard}), func(command *cobra.Command) {
		path := strings.Fields(command.CommandPath())[1:]
		if command.Name() == "completion" || command.HasParent() && command.Parent().Name() == "completion" {
			return // cobra's own, with commands of its own
		}

		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append(path, "--help"), nil, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("%v: exit code %d: %s", path, code, stderr.String())
		}

		for line := range strings.Lines(stdout.String()) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%v: %q is longer", path, line)
			}
		}

		if command.Runnable() && !command.HasSubCommands() && command.Name() != "help" && command.Example == "" {
			t.Errorf("%v has no example", path)
		}
	})
}
