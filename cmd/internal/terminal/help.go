package terminal

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help has this width because people also copy it into documents.
const (
	helpColumns = 80
	pageColumn  = 52 // of the list of all commands: where the documentation pages begin
	longestName = 30 // a longer option has its description on the next line
	optionText  = 6  // indentation of that description
)

// Task is a group of commands in the help of the root command.
type Task struct {
	Name     string
	Commands []Topic
}

// Topic is what help prints about a command in addition to cobra's fields.
type Topic struct {
	Path    string // the command without the program's name, such as "keyset rotate"
	Example string // one short line for the list of all commands
	Page    string // path of the documentation page in the repository
}

// Prepare replaces cobra's help and error texts for a command and all its subcommands.
func Prepare(root *cobra.Command, tasks []Task) {
	root.SetFlagErrorFunc(Flags)
	root.SetHelpFunc(func(command *cobra.Command, _ []string) {
		command.InitDefaultHelpFlag()
		command.InitDefaultVersionFlag()

		for name, usage := range map[string]string{"help": "print this help", "version": "print the version"} {
			if flag := command.Flags().Lookup(name); flag != nil {
				flag.Usage = usage
			}
		}

		out := command.OutOrStdout()
		text := helpText{tasks: tasks, style: styleOf(out)}
		_, _ = io.WriteString(out, text.of(command)) // an error means that the reader has gone
	})
	root.SetHelpCommand(helpCommand(root))
	prepareCompletion(root)
}

// PageOf returns the documentation page of a command: its own or that of its nearest parent.
func PageOf(command *cobra.Command, tasks []Task) string {
	for ; command.HasParent(); command = command.Parent() {
		path := strings.Join(strings.Fields(command.CommandPath())[1:], " ")

		for _, task := range tasks {
			for _, topic := range task.Commands {
				if topic.Path == path {
					return topic.Page
				}
			}
		}
	}

	return ""
}

// helpText renders help.
type helpText struct {
	tasks []Task
	style style
}

func (h helpText) of(command *cobra.Command) string {
	sections := []string{
		Wrap(command.Short, helpColumns),
		h.section("Usage", h.usage(command)),
		Wrap(reflow(command.Long), helpColumns),
		h.commands(command),
		h.section("Examples", examples(command)),
		h.section("Options", h.options(command)),
		h.seeAlso(command),
	}
	sections = slices.DeleteFunc(sections, func(section string) bool { return section == "" })

	return strings.Join(sections, "\n\n") + "\n"
}

func (h helpText) section(name, body string) string {
	if body == "" {
		return ""
	}

	return h.style.heading(name+":") + "\n" + body
}

// examples returns the examples of a command. A group without its own has the first example of each of its commands.
func examples(command *cobra.Command) string {
	if command.Example != "" || !command.HasAvailableSubCommands() {
		return strings.TrimRight(command.Example, "\n")
	}

	var lines []string

	for _, below := range command.Commands() {
		if below.IsAvailableCommand() {
			lines = append(lines, firstExample(examples(below)))
		}
	}

	return strings.Join(lines, "\n")
}

// firstExample returns the first command of examples, with the lines on which it continues.
func firstExample(examples string) string {
	var first []string

	for line := range strings.SplitSeq(examples, "\n") {
		first = append(first, line)

		if !strings.HasSuffix(line, `\`) {
			break
		}
	}

	return strings.Join(first, "\n")
}

func (h helpText) usage(command *cobra.Command) string {
	if command.HasAvailableSubCommands() {
		return "  " + command.CommandPath() + " COMMAND [options]"
	}

	return "  " + strings.ReplaceAll(command.UseLine(), "[flags]", "[options]")
}

func (h helpText) seeAlso(command *cobra.Command) string {
	var lines []string
	if command.HasAvailableSubCommands() {
		lines = append(lines, "`"+command.CommandPath()+" COMMAND --help` describes one command.")
	}

	if page := PageOf(command, h.tasks); page != "" {
		lines = append(lines, "Documentation: "+page)
	}

	return strings.Join(lines, "\n")
}

// commands lists subcommands: those of the root by task, each with an example and its page.
func (h helpText) commands(command *cobra.Command) string {
	if !command.HasParent() {
		var groups []string
		for _, task := range h.tasks {
			groups = append(groups, h.section(task.Name, h.topics(command, task.Commands)))
		}

		return strings.Join(slices.DeleteFunc(groups, func(group string) bool { return group == "" }), "\n\n")
	}

	var rows [][2]string
	for _, below := range command.Commands() {
		if below.IsAvailableCommand() {
			rows = append(rows, [2]string{"  " + below.Name(), below.Short})
		}
	}

	return h.section("Commands", h.columns(rows))
}

func (h helpText) topics(root *cobra.Command, topics []Topic) string {
	left := 0
	for _, command := range root.Commands() {
		left = max(left, len("  ")+len(command.Name())+len(gap))
	}

	var lines []string

	for _, topic := range topics {
		command, _, err := root.Find(strings.Fields(topic.Path))
		if err != nil || command.Parent() != root { // a subcommand with its own page
			continue
		}

		name := h.style.name(pad("  "+command.Name(), left))
		example := pad(strings.Repeat(" ", left)+topic.Example, pageColumn)
		purpose := indentRest(Wrap(command.Short, helpColumns-left), left)
		lines = append(lines, name+purpose, h.style.note(example+topic.Page))
	}

	return strings.Join(lines, "\n")
}

// columns writes names and texts in two columns.
func (h helpText) columns(rows [][2]string) string {
	left := 0
	for _, row := range rows {
		left = max(left, displayed(row[0])+len(gap))
	}

	var lines []string
	for _, row := range rows {
		lines = append(lines, h.style.name(pad(row[0], left))+indentRest(Wrap(row[1], helpColumns-left), left))
	}

	return strings.Join(lines, "\n")
}

// options lists flags: in two columns if all names are short, or else each description below its name.
func (h helpText) options(command *cobra.Command) string {
	var rows [][2]string

	long := false

	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}

		name, text := describe(flag)
		long = long || len(name) > longestName
		rows = append(rows, [2]string{name, text})
	})

	if !long {
		return h.columns(rows)
	}

	var lines []string

	for _, row := range rows {
		text := Wrap(strings.Repeat(" ", optionText)+row[1], helpColumns)
		lines = append(lines, h.style.name(row[0]), text)
	}

	return strings.Join(lines, "\n")
}

// describe returns how a flag is written, and its description with its default.
func describe(flag *pflag.Flag) (name, text string) {
	kind, text := pflag.UnquoteUsage(flag)

	name = "  --" + flag.Name
	if flag.Shorthand != "" {
		name = "  -" + flag.Shorthand + ", --" + flag.Name
	}

	switch kind {
	case "":
	case "string", "strings", "stringArray":
		kind = " TEXT"
	case "int", "uint":
		kind = " NUMBER"
	case "duration":
		kind = " DURATION"
	}

	switch flag.DefValue {
	case "", "false", "0", "0s", "[]":
	default:
		text += " (default: " + flag.DefValue + ")"
	}

	return name + kind, text
}

// reflow joins the lines of each paragraph. An indented line stays as it is.
func reflow(text string) string {
	var (
		lines []string
		open  bool // the last line belongs to a paragraph
	)

	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		prose := line != "" && !strings.HasPrefix(line, " ")
		if prose && open {
			lines[len(lines)-1] += " " + line
			continue
		}
		lines, open = append(lines, line), prose
	}

	return strings.Join(lines, "\n")
}

func indentRest(text string, columns int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", columns))
}

// helpCommand replaces cobra's, which accepts unknown commands.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Describe a command",
		Example: "  bff help keyset rotate",
		Args:    cobra.ArbitraryArgs,
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
