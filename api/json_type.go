package api

import (
	"mime"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// isJSON reports whether there is exactly one Content-Type: application/json, with no charset or UTF-8.
func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}

	kind, parameters, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return false
	}
	charset, given := parameters["charset"]

	return !given || strings.EqualFold(charset, "utf-8")
}

func isDouble(number jsontext.Token) bool {
	_, err := strconv.ParseFloat(number.String(), 64)
	return err == nil
}

// typeOf describes the JSON type that a target accepts.
func typeOf(target any) string {
	switch target.(type) {
	case *string, **string:
		return "a string"
	case *bool, **bool:
		return "true or false"
	case **int64:
		return "a whole number"
	case *[]string, **[]string:
		return "an array of strings"
	}

	return "of another type"
}
