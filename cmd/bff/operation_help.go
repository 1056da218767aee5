package main

import (
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
)

// longOf describes a command: what the catalogue says about the operation, and what its effect means on a command line.
func longOf(called *operation.Operation) string {
	paragraphs := []string{detailOf(called)}

	switch called.Effect {
	case operation.Read:
	case operation.Reveal:
		paragraphs = append(paragraphs, revealWords(called))
	case operation.Create:
		paragraphs = append(paragraphs, lostResponse+" It creates nothing twice.")
	case operation.Change, operation.Destroy:
		paragraphs = append(paragraphs, lostResponse)
	}

	if called.Tier == operation.Guarded {
		identity := identityOf(targetOf(called))
		paragraphs = append(paragraphs, "On a terminal bff asks for the "+identity+" of the "+targetOf(called).Noun+
			" before it sends the call. Elsewhere, and with --json, repeat the "+identity+" with --confirm.")
	}
	paragraphs = append(paragraphs, jsonWords(called))

	return strings.TrimLeft(strings.Join(paragraphs, "\n\n"), "\n")
}

const lostResponse = "If Upstash's response is lost, the command exits with code 4 and prints the command to repeat, " +
	"with an idempotency key: the repeat reports the outcome."

func revealWords(called *operation.Operation) string {
	words := "bff does not store the secrets. It records in the audit log of the state directory that they were revealed."
	if names := variableNames(called); len(names) > 0 {
		words += "\n\nWith --env it prints lines for a .env file: " + strings.Join(names, " and ") + "."
	}

	return words
}

func jsonWords(called *operation.Operation) string {
	route := called.Method + " " + strings.NewReplacer("{id}", "ID", "{backup_id}", "BACKUP").Replace(called.Path)
	if called.Effect == operation.Destroy {
		return "With --json it prints nothing: the response of the API's " + route + " has no body."
	}

	return "With --json it prints the response body of the API's " + route + ", on one line."
}
