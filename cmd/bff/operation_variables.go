package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
)

// revealedVariable is a variable that Upstash's SDK of a product reads, and how it follows from the revealed object;
// value returns "" if the object lacks what it needs.
type revealedVariable struct {
	name  string
	value func(decodedObject) string
}

// variablesOf returns the variables of a product; none if its SDK reads none.
func variablesOf(product operation.Product) []revealedVariable {
	token := func(revealed decodedObject) string { return revealed.text("token") }
	indexURL := func(revealed decodedObject) string { return indexURL(revealed.text("endpoint"), product) }

	switch product {
	case operation.Vector:
		return []revealedVariable{{"UPSTASH_VECTOR_REST_URL", indexURL}, {"UPSTASH_VECTOR_REST_TOKEN", token}}
	case operation.Search:
		return []revealedVariable{{"UPSTASH_SEARCH_REST_URL", indexURL}, {"UPSTASH_SEARCH_REST_TOKEN", token}}
	case operation.QStash:
		return []revealedVariable{{"QSTASH_URL", qstashURL}, {"QSTASH_TOKEN", token}}
	case operation.Redis: // has a command of its own
	}

	return nil
}

// indexURL returns the address of an index. Upstash's document has an endpoint without the product
// (glowing-baboon-15797-us1), and the names of real hosts end with it (glowing-baboon-15797-us1-vector.upstash.io).
func indexURL(endpoint string, product operation.Product) string {
	switch suffix := "-" + string(product); {
	case endpoint == "":
		return ""
	case strings.Contains(endpoint, "."): // a complete name
		return "https://" + strings.TrimPrefix(endpoint, "https://")
	default:
		return "https://" + strings.TrimSuffix(endpoint, suffix) + suffix + ".upstash.io"
	}
}

// qstashURL returns the address of QStash's region (https://upstash.com/docs/qstash/howto/multi-region).
func qstashURL(revealed decodedObject) string {
	region := revealed.text("region")
	if region == "" {
		return ""
	}

	return "https://qstash-" + region + ".upstash.io"
}

func hasVariables(called *operation.Operation) bool { return variablesOf(called.On.Product) != nil }

func variableNames(called *operation.Operation) []string {
	var names []string
	for _, variable := range variablesOf(called.On.Product) {
		names = append(names, variable.name)
	}

	return names
}

// printVariables prints lines for a .env file: all of them, or none.
func (o *operationRun) printVariables(revealed decodedObject) error {
	var variables []variable

	for _, needed := range variablesOf(o.called.On.Product) {
		value := needed.value(revealed)
		if value == "" {
			return fmt.Errorf("upstash returned nothing for %s", needed.name)
		}
		variables = append(variables, variable{needed.name, value})
	}

	var text strings.Builder
	if err := writeVariables(&text, variables); err != nil {
		return err
	}
	_, err := io.WriteString(o.stdout, text.String())

	return err
}
