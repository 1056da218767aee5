package terminal

import "github.com/spf13/cobra"

// prepareCompletion adds cobra's completion commands now, instead of when the root command runs, and replaces their
// texts.
func prepareCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd("completion")

	load := map[string]string{
		"bash":       "  source <(bff completion bash)",
		"zsh":        "  source <(bff completion zsh)",
		"fish":       "  bff completion fish | source",
		"powershell": "  bff completion powershell | Out-String | Invoke-Expression",
	}

	for _, command := range root.Commands() {
		if command.Name() != "completion" {
			continue
		}
		command.Short, command.Long = "Print a script that completes bff's commands in your shell", ""
		command.Example = load["bash"]
		command.Args = NoArgs
		command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }

		for _, shell := range command.Commands() {
			shell.Short = "Print the completion script for " + shell.Name()
			shell.Long = "The example loads it into the current shell. To load it always, add the line to the startup file of\n" +
				"your shell."
			shell.Example = load[shell.Name()]
			shell.Args = NoArgs
		}
	}
}
