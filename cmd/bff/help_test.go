package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
)

// everyCommand visits a command and all its subcommands.
func everyCommand(command *cobra.Command, visit func(*cobra.Command)) {
	visit(command)

	for _, below := range command.Commands() {
		everyCommand(below, visit)
	}
}

// words that help must not contain, because a plain one exists.
var bannedWords = []string{
	"log-in", "by itself", "but for", "go on", "goes on", "as long as", "cannot be taken", "for good", "in the end",
	"at once", "all the same", "is none", "asked for", "beside ", "fault in", "kept",
}

func TestEveryHelpIsComplete(t *testing.T) {
	everyCommand(newRoot(program{stdout: io.Discard, stderr: io.Discard}), func(command *cobra.Command) {
		path := strings.Fields(command.CommandPath())[1:]

		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append(path, "--help"), nil, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("%v: exit code %d: %s", path, code, stderr.String())
		}

		help := stdout.String()
		for line := range strings.Lines(help) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 && !strings.HasPrefix(line, "  bff ") {
				t.Errorf("%v: line is longer than 80 columns: %q", path, line)
			}
		}

		checkPlainWords(t, path, help)

		for _, section := range []string{"\nUsage:\n  bff", "\nOptions:\n"} {
			if !strings.Contains(help, section) {
				t.Errorf("%v: lacks %q", path, section)
			}
		}

		if !strings.Contains(help, "\nExamples:\n  ") {
			t.Errorf("%v: lacks an example", path)
		}

		if command.Name() == "bff" {
			return
		}

		if page := terminal.PageOf(command, tasks()); page == "" || !strings.Contains(help, page) || !exists(repository(page)) {
			t.Errorf("%v: page %q is not printed or does not exist", path, page)
		}
	})
}

func checkPlainWords(t *testing.T, path []string, help string) {
	t.Helper()

	prose := strings.ToLower(strings.Join(strings.Fields(help), " "))
	for _, word := range bannedWords {
		if strings.Contains(prose, word) {
			t.Errorf("%v: contains %q", path, word)
		}
	}

	for line := range strings.Lines(help) {
		if utf8.RuneCountInString(line) > 100+len("\n") {
			t.Errorf("%v: line is longer than 100 columns: %q", path, line)
		}
	}
}

// repository returns the path of a file in the repository.
func repository(path string) string { return filepath.Join("..", "..", filepath.FromSlash(path)) }

// The root command's help lists each command in exactly one task.
func TestHelpGroupsEveryCommand(t *testing.T) {
	listed := map[string]int{}

	for _, task := range tasks() {
		for _, topic := range task.Commands {
			listed[topic.Path]++

			command, rest, err := newRoot(program{}).Find(strings.Fields(topic.Path))
			if topic.Path != "help" && (err != nil || len(rest) > 0 || command.CommandPath() != "bff "+topic.Path) { // cobra adds help when it runs
				t.Errorf("%s: unknown command", topic.Path)
			}
		}
	}

	var help bytes.Buffer
	run(t.Context(), []string{"--help"}, nil, &help, &help)

	for _, command := range newRoot(program{}).Commands() {
		if listed[command.Name()] != 1 {
			t.Errorf("%s is in %d tasks, want 1", command.Name(), listed[command.Name()])
		}

		if !strings.Contains(help.String(), "\n  "+command.Name()+" ") {
			t.Errorf("bff --help lacks %s", command.Name())
		}
	}
}

// Escape sequences go only to a terminal whose user wants them (https://no-color.org).
func TestHelpIsStyledOnlyWhereItMayBe(t *testing.T) {
	const escape = "\x1b["

	for name, test := range map[string]struct {
		screen *terminal.Screen
		styled bool
	}{
		"a terminal":                   {&terminal.Screen{Columns: 80, Styled: true}, true},
		"a terminal without sequences": {&terminal.Screen{Columns: 80}, false},
		"a pipe":                       {&terminal.Screen{}, false},
	} {
		var out bytes.Buffer

		test.screen.Writer = &out
		run(t.Context(), []string{"serve", "--help"}, nil, test.screen, io.Discard)

		if got := strings.Contains(out.String(), escape); got != test.styled {
			t.Errorf("%s: got styled %t, want %t", name, got, test.styled)
		}
	}
}

func TestRenamedCommandStillWorksWithANotice(t *testing.T) {
	var stdout, stderr bytes.Buffer

	database := filepath.Join(t.TempDir(), "none.db")
	environ := []string{"BFF_DATABASE_URL=sqlite://" + database}

	if code := run(t.Context(), []string{"restored"}, environ, &stdout, &stderr); code != 1 ||
		!strings.Contains(stderr.String(), "`bff restored` was renamed to `bff finish-restore`.") {
		t.Errorf("the old name: got %d, %q", code, stderr.String())
	}
	stderr.Reset()

	if code := run(t.Context(), []string{"finish-restore"}, environ, &stdout, &stderr); code != 1 ||
		strings.Contains(stderr.String(), "renamed") {
		t.Errorf("the new name: got %d, %q", code, stderr.String())
	}

	if _, err := os.Stat(database); err == nil {
		t.Error("the command created a database")
	}
}
