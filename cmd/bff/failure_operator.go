package main

import (
	"strconv"
	"strings"

	"github.com/upstash-connect/bff/internal/problem"
)

// operatorFailure words a problem for operators, with flags instead of fields.
func operatorFailure(err error, asJSON bool) error {
	found := problem.Of(err)
	if found == nil || found.Code == problem.Configuration || found.Code == problem.StorageUnavailable {
		return err // its own text is for operators
	}

	line := problemOf(err, nativeFlags{}, "")
	line.Detail = found.Detail

	if found.Code == problem.NotConnected {
		line.Detail = "The database has no account with this e-mail or connection ID."
	}

	for i, fault := range line.Errors {
		if !asJSON {
			line.Errors[i].Pointer = argumentOf(fault.Pointer)
		}
	}

	return &failure{problem: line, json: asJSON, cause: err}
}

// argumentOf returns the argument or flag that sets a field.
func argumentOf(pointer string) string {
	field, index, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")

	name := map[string]string{
		"id": "ID", "token": "ID", "service": "SERVICE", "name": "--name", "return_urls": "--return-url",
		"scopes": "--scope", "databases": "--databases", "regions": "--region", "plans": "--plan",
		"max_databases": "--max-databases", "max_budget": "--max-budget", "ttl": "--ttl", "overlap": "--overlap",
		"url": "URL",
	}[field]

	if number, err := strconv.Atoi(index); err == nil {
		name += " " + strconv.Itoa(number+1)
	}

	return name
}
