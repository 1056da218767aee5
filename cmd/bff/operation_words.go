package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/operation"
)

// flagWords returns the words of a command line that set a field.
func flagWords(field *operation.Field, value any) string {
	flag := "--" + fieldFlag(field.Name)

	switch value := value.(type) {
	case bool:
		if !value {
			return flag + "=false"
		}

		return flag
	case []string:
		return flag + " " + shellWord(strings.Join(value, ","))
	}

	return flag + " " + shellWord(fmt.Sprint(value))
}

// argumentNames returns the arguments of an operation's command.
func argumentNames(called *operation.Operation) []string {
	var names []string

	if strings.Contains(called.Path, "{id}") {
		names = append(names, argumentFor(targetOf(called)))
	}

	if strings.Contains(called.Path, "{backup_id}") {
		names = append(names, "BACKUP|ID")
	}

	return names
}

// argumentFor returns the argument that names a resource.
func argumentFor(of *operation.Resource) string {
	if of.Object.NameField == "" {
		return "ID"
	}

	return "NAME|ID"
}

const helpWidth = 80

// exampleOf returns examples for help: the required flags, and --json where a program would read the response.
func exampleOf(called *operation.Operation) string {
	words := exampleWords(called)
	lines := []string{commandLine(words)}

	switch {
	case called.Effect == operation.Reveal && hasVariables(called):
		lines = append(lines, commandLine(append(words, "--env", ">> .env")))
	case called.List != "":
		lines = append(lines, commandLine(append(words, "--json", "| jq -r '."+called.List+"[]."+called.Response.IDField+"'")))
	case !called.Effect.Writes():
		lines = append(lines, commandLine(append(words, "--json")))
	}

	return strings.Join(lines, "\n")
}

// exampleWords returns the words of an example: the command, its arguments, and its required flags. A command without
// required flags gets its optional ones.
func exampleWords(called *operation.Operation) []string {
	words := []string{"bff", commandOf(called)}
	confirmed := ""

	if names := argumentNames(called); len(names) > 0 {
		confirmed = exampleName(targetOf(called))
		words = append(words, confirmed)

		if len(names) > 1 {
			words = append(words, exampleName(partOf(targetOf(called))))
		}
	}

	required, optional := operation.Values{}, operation.Values{}

	for _, field := range called.Fields {
		if field.Required {
			required[field.Name] = field.Example
		} else {
			optional[field.Name] = field.Example
		}
	}

	if len(required) == 0 {
		required = optional
	}
	words = append(words, fieldWords(called, required)...)

	if called.Tier == operation.Guarded {
		words = append(words, "--confirm "+confirmed)
	}

	return words
}

// exampleName returns how an example names a resource.
func exampleName(of *operation.Resource) string {
	wanted := of.Object.NameField
	if wanted == "" {
		wanted = of.Object.IDField
	}

	for _, field := range of.Object.Fields {
		if field.Name == wanted {
			return fmt.Sprint(field.Example)
		}
	}

	return "ID"
}

// commandLine joins words to an indented command line, and continues it on further lines if it is too long for help.
func commandLine(words []string) string {
	var text strings.Builder

	_, _ = text.WriteString(" ")
	column := 1

	for _, word := range words {
		width := 1 + utf8.RuneCountInString(word)
		if column+width > helpWidth-len(` \`) {
			_, _ = text.WriteString(" \\\n   ")
			column = len("   ")
		}
		_, _ = text.WriteString(" " + word)
		column += width
	}

	return text.String()
}
