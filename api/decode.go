package api

import (
	"errors"
	"io"
	"mime"
	"slices"
	"sort"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// fields maps the names a body may have to where their values go.
type fields map[string]any

// decode reads one JSON object strictly: JSON only, no unknown, repeated or differently-cased names, nothing after the
// object. Every faulty field is named at once. Echo's own Bind would take forms, fold case and let the last name win.
func decode(c echo.Context, into fields) error {
	if !isJSON(c.Request().Header.Values(echo.HeaderContentType)) {
		return refuse(CodeUnsupportedMediaType, "Send the body as application/json in UTF-8.")
	}
	if len(c.Request().Header.Values(echo.HeaderContentEncoding)) > 0 {
		return refuse(CodeUnsupportedMediaType, "Send the body without a content encoding.")
	}
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	return decodeObject(body, into)
}

// decodeOptional does the same where a body is optional: none, and no Content-Type, is an empty object.
func decodeOptional(c echo.Context, into fields) error {
	if c.Request().ContentLength == 0 {
		return nil
	}
	if c.Request().ContentLength < 0 && len(c.Request().TransferEncoding) == 0 {
		return nil
	}
	return decode(c, into)
}

func decodeObject(body []byte, into fields) error {
	var object map[string]jsontext.Value
	if err := json.Unmarshal(body, &object); err != nil {
		return invalidJSON(err)
	}
	if object == nil {
		return refuse(CodeInvalidJSON, "The body must be one JSON object.")
	}
	var unknown, mistyped []FieldFault
	for name, value := range object {
		pointer := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shorten(name))
		target, known := into[name]
		switch {
		case !known:
			unknown = append(unknown, FieldFault{Pointer: pointer, Detail: "is not a field of this call"})
		case value.Kind() == 'n' || json.Unmarshal(value, target) != nil:
			mistyped = append(mistyped, FieldFault{Pointer: pointer, Detail: "must be " + expected(target)})
		}
	}
	switch {
	case len(unknown) > 0:
		return &refusal{code: CodeUnknownField, detail: "Leave out the fields named; names are case-sensitive.", faults: sorted(append(unknown, mistyped...))}
	case len(mistyped) > 0:
		return &refusal{code: CodeValidationFailed, detail: "Correct the fields named.", faults: sorted(mistyped)}
	}
	return nil
}

const maxFaults, maxPointer = 50, 100

func shorten(name string) string {
	if len(name) > maxPointer {
		return strings.ToValidUTF8(name[:maxPointer], "") + "…"
	}
	return name
}

func sorted(faults []FieldFault) []FieldFault {
	sort.Slice(faults, func(i, j int) bool { return faults[i].Pointer < faults[j].Pointer })
	return slices.Clip(faults[:min(len(faults), maxFaults)])
}

// invalidJSON words a syntax fault. The library's own text may quote the body.
func invalidJSON(err error) error {
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return refuse(CodeInvalidJSON, "The body has the same field twice.")
	}
	return refuse(CodeInvalidJSON, "The body must be one valid JSON object and nothing else.")
}

// isJSON takes exactly one Content-Type, application/json, in UTF-8 if it says so.
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

func expected(target any) string {
	switch target.(type) {
	case *string:
		return "a string"
	case *bool, **bool:
		return "true or false"
	case **int64:
		return "a whole number"
	case *[]string:
		return "an array of strings"
	}
	return "of another type"
}
