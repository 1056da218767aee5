package terminal

import (
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Help is that wide: it is read in terminals, and copied into documents.
const (
	helpColumns = 80
	helpIndent  = 10
)

// Prepare gives a command and all below it help that fits on a terminal, and errors in our own words: those of the
// library say what it counted, and not what to do.
func Prepare(root *cobra.Command) {
	root.SetFlagErrorFunc(Flags)
	root.SetHelpFunc(func(command *cobra.Command, _ []string) {
		command.InitDefaultHelpFlag()
		_, _ = io.WriteString(command.OutOrStdout(), help(command)) // whoever reads it has gone
	})
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultCompletionCmd("completion") // now, so that it is prepared too

	for _, command := range root.Commands() {
		if command.Name() != "completion" {
			continue
		}
		command.Args = NoArgs
		command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }

		for _, shell := range command.Commands() {
			shell.Args = NoArgs
		}
	}
}

// help is cobra's, with its lines broken.
func help(command *cobra.Command) string {
	text := command.Long
	if text == "" {
		text = command.Short
	}

	return reflow(strings.TrimSpace(text)) + "\n\n" + wrapUsage(command.UsageString())
}

// reflow fills the lines of paragraphs. A line that is indented stands for itself.
func reflow(text string) string {
	var (
		lines []string
		open  bool // the last line is of a paragraph that may go on
	)

	for line := range strings.SplitSeq(text, "\n") {
		prose := line != "" && !strings.HasPrefix(line, " ")
		if prose && open {
			lines[len(lines)-1] += " " + line
			continue
		}
		lines, open = append(lines, line), prose
	}

	for i, line := range lines {
		lines[i] = hang(line)
	}

	return strings.Join(lines, "\n")
}

// wrapUsage breaks the lines of flags and commands. Examples are to be pasted, and stay.
func wrapUsage(text string) string {
	lines := strings.Split(text, "\n")
	examples := false

	for i, line := range lines {
		if line != "" && !strings.HasPrefix(line, " ") {
			examples = line == "Examples:"
		}

		if !examples {
			lines[i] = hang(line)
		}
	}

	return strings.Join(lines, "\n")
}

var described = regexp.MustCompile(`^( +\S.*?(?: {2,}|\t))(\S.*)$`)

// hang breaks a line of a name and what is said of it, which goes on under itself.
func hang(line string) string {
	if displayed(line) <= helpColumns {
		return line
	}

	parts := described.FindStringSubmatch(line)
	if parts == nil {
		return Wrap(line, helpColumns)
	}
	left := displayed(parts[1])

	if left > helpColumns/2 { // long names leave no room beside them
		name, said := strings.TrimRight(parts[1], " "), strings.Repeat(" ", helpIndent)
		return name + "\n" + Wrap(said+parts[2], helpColumns)
	}

	return parts[1] + strings.ReplaceAll(Wrap(parts[2], helpColumns-left), "\n", "\n"+strings.Repeat(" ", left))
}

// helpCommand is cobra's, but for what it says of a command that there is not.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			for _, command := range root.Commands() {
				if command.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(command.Name(), command.Short))
				}
			}

			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, path []string) error {
			command, rest, err := root.Find(path)
			if err != nil {
				return err
			}

			if command.HasAvailableSubCommands() && len(rest) > 0 {
				return NoArgs(command, rest)
			}

			return command.Help()
		},
	}
}
