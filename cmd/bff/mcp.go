package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/assistant"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

type mcpFlags struct {
	nativeFlags
	allow  []string
	reveal bool
}

func (p program) serveTools() *cobra.Command {
	var flags mcpFlags
	command := &cobra.Command{
		Use:   "mcp",
		Short: "Give an assistant on this machine tools for the account",
		Long: `Serves the Model Context Protocol on standard input and output, until the input ends. An assistant
starts it; on a terminal it prints how to configure that. The assistant never gets the account's key.

Its tools are the open operations: those for Redis databases, and those that BFF_ALLOW_OPERATIONS names. By
default they only read. --allow create adds what creates something. --allow NAME adds one operation, such as
vector.create or redis.delete; what changes or destroys something must be named in full. A tool that may lose
data also needs the resource's name in confirm_name.

No result contains a password or token, unless --reveal adds the operations that return them.

bff records the operation of each call in the audit log of the state directory before it sends the call.`,
		Example: `  bff mcp
  bff mcp --allow create
  bff mcp --allow redis.create,redis.delete
  BFF_ALLOW_OPERATIONS='vector.*' bff mcp --allow vector.create --reveal`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return p.runTools(command.Context(), flags) },
	}
	flags.add(command)
	set := command.Flags()
	set.Lookup("json").Usage = "on an error, print a problem object on standard error"
	set.StringSliceVar(&flags.allow, "allow", nil,
		"comma-separated list of create and names of operations; can be repeated")
	set.BoolVar(&flags.reveal, "reveal", false, "also offer the operations that return passwords and tokens")
	_ = command.RegisterFlagCompletionFunc("allow", completeAllow)

	return command
}

// completeAllow lists what --allow accepts.
func completeAllow(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := []cobra.Completion{
		cobra.CompletionWithDesc(string(operation.Create), "Every operation that creates something"),
	}

	for _, called := range operation.All() {
		if called.Effect.Writes() {
			names = append(names, cobra.CompletionWithDesc(called.Name, called.Summary))
		}
	}

	return names, cobra.ShellCompDirectiveNoFileComp
}

func (p program) runTools(ctx context.Context, flags mcpFlags) error {
	var usage error // not a problem of the account

	err := p.withDesktop(ctx, flags.nativeFlags, func(ctx context.Context, d *desktop.Desktop) error {
		if !d.Connected() {
			return keys.ErrConnectRequired
		}

		tools, err := assistant.New(toolOptions(d, flags))

		if invalid, ok := errors.AsType[*assistant.AllowError](err); ok {
			usage = terminal.NewUsageError(fmt.Errorf("invalid --allow: %w", invalid))
			return nil
		}

		if err != nil {
			return err
		}

		input := p.input
		if input == nil {
			input = strings.NewReader("")
		}

		if p.stdin != nil {
			if err := p.printConfiguration(flags); err != nil {
				return err
			}
			input = p.stdin
		}

		return tools.Serve(ctx, input, p.stdout)
	})

	return errors.Join(usage, err)
}

func toolOptions(d *desktop.Desktop, flags mcpFlags) assistant.Options {
	return assistant.Options{
		Databases: d.Databases, Account: d.Account, Record: d.RecordToolCall, CheckKey: api.CheckIdempotencyKey,
		Encode: assistant.Encoders{
			Databases:   func(all []proxy.Database) any { return api.DatabasesOf(all) },
			Database:    func(one proxy.Database) any { return api.DatabaseOf(one) },
			Credentials: func(revealed proxy.Credentials) any { return api.CredentialsOf(revealed) },
		},
		Allow: flags.allow, Reveal: flags.reveal,
		Connect: flags.command("connect"), Version: buildVersion(), Logger: d.Logger(),
	}
}

// printConfiguration tells a person at a terminal how an assistant starts this command.
func (p program) printConfiguration(flags mcpFlags) error {
	path, err := os.Executable()
	if err != nil {
		path = "bff"
	}

	started := map[string]any{"command": path, "args": flags.arguments()}

	if open := p.environment("BFF_ALLOW_OPERATIONS"); open != "" {
		started["env"] = map[string]string{"BFF_ALLOW_OPERATIONS": open}
	}

	snippet, err := json.MarshalIndent(map[string]any{"mcpServers": map[string]any{"upstash": started}}, "", "  ")
	if err != nil {
		return err
	}

	return terminal.Print(p.stderr, "An assistant starts this command and writes to its input. Add this to the "+
		"configuration of yours:\n\n"+terminal.SanitizeLines(string(snippet))+"\n\nTo end it here, press Ctrl-C.")
}

// arguments are the command line with these flags, for a program to start.
func (f mcpFlags) arguments() []string {
	line := []string{"mcp"}
	if f.sandbox {
		line = append(line, "--sandbox="+cmp.Or(f.sandboxAt, "true"))
	}

	if f.noKeyring {
		line = append(line, "--no-keyring")
	}

	if f.stateDir != "" {
		line = append(line, "--state-dir", absolute(f.stateDir))
	}

	if len(f.allow) > 0 {
		line = append(line, "--allow", strings.Join(f.allow, ","))
	}

	if f.reveal {
		line = append(line, "--reveal")
	}

	return line
}

// absolute returns the path as a program that starts in another directory needs it.
func absolute(path string) string {
	if found, err := filepath.Abs(path); err == nil {
		return found
	}

	return path
}
