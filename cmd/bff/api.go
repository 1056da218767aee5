package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
)

type apiFlags struct {
	nativeFlags
	texts, typed         []string
	input, jq            string
	include, silent, yes bool
}

// readsInput reports whether standard input is data.
func (f apiFlags) readsInput() bool {
	return f.input == "-" ||
		slices.ContainsFunc(f.typed, func(field string) bool { return strings.HasSuffix(field, "=@-") })
}

func (p program) callAPI() *cobra.Command {
	var flags apiFlags
	command := &cobra.Command{
		Use:   "api [METHOD] PATH",
		Short: "Call anything of Upstash's Developer API",
		Long: `Sends one request to Upstash's Developer API with the saved key, and prints the response unchanged. Without METHOD
it is a GET, or a POST if there are fields or a body.

PATH is a path of the Developer API. /redis/databases means /v2/redis/databases; so do paths of vector,
search, qstash and team. The key is sent only to the address that created it: a URL is an error, and
redirects are not followed.

-f and -F become the JSON body: NAME[SUB]=VALUE sets a field of an object, and NAME[]=VALUE appends to a list. With
GET, or with --input, they become the query.

A call that may delete data, invalidate credentials or change who has access (DELETE; other writes with
delete, remove, reset, rotate, restore, revoke, transfer, move or team in PATH) is sent after you confirm it,
or with --yes.

bff records method and path in the audit log of the state directory. It exits with code 1 if Upstash rejects the
call, and with code 4 if a sent call got no conclusive response.`,
		Example: `  bff api GET /redis/databases --jq '.[].database_name'
  bff api POST /redis/database -f database_name=orders -f platform=aws \
    -f primary_region=eu-west-1 -F 'read_regions[]=us-east-1' -F tls=true
  bff api POST /vector/index --input index.json
  bff api DELETE /redis/database/ID --yes`,
		Args:              terminal.AtLeast(1, "METHOD", "PATH"),
		ValidArgsFunction: completeMethod,
		RunE: func(command *cobra.Command, arguments []string) error {
			call, err := p.parseCall(arguments, flags)
			if err != nil {
				return terminal.NewUsageError(err)
			}

			return p.runAPI(command.Context(), call, flags)
		},
	}
	flags.add(command)
	set := command.Flags()
	set.Lookup("json").Usage = "on an error, print a problem object on standard error"
	set.StringArrayVarP(&flags.texts, "raw-field", "f", nil, "a field as NAME=VALUE, whose value is a string; can be repeated")
	set.StringArrayVarP(&flags.typed, "field", "F", nil,
		"a field as NAME=VALUE, whose value is a number, true, false, null, or the content of @FILE; "+
			"else a string; can be repeated")
	set.StringVar(&flags.input, "input", "", "file with the body; - is standard input")
	set.StringVarP(&flags.jq, "jq", "q", "", "filter a successful response with this jq expression")
	set.BoolVarP(&flags.include, "include", "i", false, "also print the status and the headers of the response")
	set.BoolVar(&flags.silent, "silent", false, "do not print the body of the response")
	set.BoolVar(&flags.yes, "yes", false, "send a call that may destroy something without asking")

	return command
}

func completeMethod(
	_ *cobra.Command, arguments []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(arguments) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}

	return desktop.APIMethods(), cobra.ShellCompDirectiveNoFileComp
}

// parseCall checks everything that can be checked without the account.
func (p program) parseCall(arguments []string, flags apiFlags) (desktop.APICall, error) {
	var call desktop.APICall

	if flags.silent && flags.jq != "" {
		return call, errors.New("--jq and --silent cannot be combined")
	}

	path, err := desktop.ParseAPIPath(arguments[len(arguments)-1])
	if err != nil {
		return call, fmt.Errorf("invalid PATH: %w", err)
	}

	call.Method = methodOf(arguments, flags)
	if !slices.Contains(desktop.APIMethods(), call.Method) {
		return call, fmt.Errorf("METHOD must be one of %s", strings.Join(desktop.APIMethods(), ", "))
	}

	if len(arguments) == 1 && slices.Contains(desktop.APIMethods(), strings.ToUpper(arguments[0])) {
		return call, errors.New("PATH is missing, such as /redis/databases")
	}

	if flags.input != "" && call.Method == http.MethodGet {
		return call, errors.New("a GET has no body: --input needs another METHOD")
	}
	call.Path = path

	return p.withInput(call, flags)
}

func methodOf(arguments []string, flags apiFlags) string {
	switch {
	case len(arguments) == 2:
		return strings.ToUpper(arguments[0])
	case len(flags.texts)+len(flags.typed) > 0, flags.input != "":
		return http.MethodPost
	}

	return http.MethodGet
}

// withInput returns the call with its query and body.
func (p program) withInput(call desktop.APICall, flags apiFlags) (desktop.APICall, error) {
	if err := p.checkConfirmable(call, flags); err != nil { // before standard input is read
		return call, err
	}

	inputs := 0
	fields, err := apiFields(flags.texts, flags.typed, func(file string) ([]byte, error) {
		if file == "-" {
			inputs++
		}

		if inputs > 1 || inputs == 1 && flags.input == "-" {
			return nil, errors.New("standard input can be used once")
		}

		return p.readInput(file)
	})

	switch {
	case err != nil:
		return call, err
	case flags.input != "":
		call.Body, err = p.readInput(flags.input)
	case call.Method != http.MethodGet:
		call.Body, err = bodyOf(fields)
		return call, err
	}
	call.Path = call.Path.WithQuery(queryOf(fields))

	return call, err
}

func (p program) runAPI(ctx context.Context, call desktop.APICall, flags apiFlags) error {
	var filter *gojq.Code
	if flags.jq != "" {
		compiled, err := compileJQ(flags.jq)
		if err != nil {
			return terminal.NewUsageError(fmt.Errorf("invalid --jq: %w", err))
		}
		filter = compiled
	}

	return p.withDesktop(ctx, flags.nativeFlags, func(ctx context.Context, d *desktop.Desktop) error {
		if err := p.confirm(ctx, d, call, flags); err != nil {
			return err
		}

		response, err := d.Call(ctx, call)
		if err != nil {
			return err
		}
		err = p.printResponse(ctx, response, filter, flags)
		_ = response.Close()

		if errors.Is(err, context.Canceled) {
			return err
		}

		return errors.Join(response.Outcome(ctx), err) // the first has the exit code
	})
}

// printResponse prints what the flags select. An error of Upstash is printed as it is, also with --jq.
func (p program) printResponse(
	ctx context.Context, response *desktop.APIResponse, filter *gojq.Code, flags apiFlags,
) error {
	out := terminal.NewVisible(p.stdout)

	if flags.include {
		if err := printHeader(out, response); err != nil {
			return err
		}
	}

	var err error
	switch {
	case flags.silent:
	case filter != nil && response.Status < http.StatusMultipleChoices:
		err = filterJQ(ctx, filter, response, out)
	default:
		_, err = io.Copy(out, response)
	}

	return errors.Join(err, out.Close())
}

// printHeader prints the status line and the headers, sorted by name.
func printHeader(out io.Writer, response *desktop.APIResponse) error {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "%s %d %s\n", response.Proto, response.Status, http.StatusText(response.Status))

	names := make([]string, 0, len(response.Header))
	for name := range response.Header {
		names = append(names, name)
	}
	slices.Sort(names)

	for _, name := range names {
		for _, value := range response.Header[name] {
			text.WriteString(name + ": " + value + "\n")
		}
	}
	_, err := io.WriteString(out, text.String()+"\n")

	return err
}
