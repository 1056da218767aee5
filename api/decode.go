package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// fields maps the name of each field that a body may have to the target of its value. Null means that the field is
// absent, because typed clients send null for unset fields. A required target rejects null.
type fields map[string]any

// required is the target of a field that must not be null.
type required struct{ target any }

// decode parses one JSON object strictly and returns one problem for all invalid fields.
func decode(c echo.Context, into fields) error {
	found, err := decodeFields(c, into)
	if err != nil {
		return err
	}

	return found.problem()
}

// decodeOptional is decode for an optional body. An absent body, with any Content-Type, counts as an empty object. So
// does null, which typed clients send for an unset body.
func decodeOptional(c echo.Context, into fields) error {
	body, err := readBody(c)
	if err != nil || len(body) == 0 {
		return err // not decided by Content-Length, which chunked and HTTP/2 requests may lack
	}

	if string(bytes.Trim(body, " \t\r\n")) == "null" { // JSON's white space (RFC 8259 section 2)
		body = []byte("{}")
	}
	c.Request().Body = io.NopCloser(bytes.NewReader(body))

	return decode(c, into)
}

// fieldErrors are the errors of single fields, in their types and in their values.
type fieldErrors struct {
	fields     []problem.Field
	unknown    bool // at least one field is unknown
	wrong      bool // at least one field has a wrong type or an invalid value
	notAllowed bool // at least one valid value is not allowed by this installation
}

// decodeFields parses one JSON object strictly: JSON only, no duplicate names, nothing after the object. It returns
// the errors of single fields, so that the caller can add the errors of their values and report all together. Echo's
// own Bind would accept forms, ignore case and let the last duplicate win.
func decodeFields(c echo.Context, into fields) (fieldErrors, error) {
	if !isJSON(c.Request().Header.Values(echo.HeaderContentType)) {
		return fieldErrors{}, problem.New(problem.UnsupportedMediaType, "Send the body as application/json in UTF-8.")
	}

	if len(c.Request().Header.Values(echo.HeaderContentEncoding)) > 0 {
		return fieldErrors{}, problem.New(problem.UnsupportedMediaType, "Send the body without a content encoding.")
	}

	body, err := readBody(c)
	if err != nil {
		return fieldErrors{}, err
	}

	return decodeObject(body, into)
}

// readBody reads the complete body. A truncated, badly framed or slow body is an error of the client, not of the
// server.
func readBody(c echo.Context) ([]byte, error) {
	body, err := io.ReadAll(c.Request().Body)

	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &problem.Error{
			Code:   problem.InvalidRequest,
			Status: http.StatusRequestTimeout,
			Detail: "The body did not arrive in time.",
		}
	}

	return nil, problem.New(problem.InvalidRequest, "The body did not arrive completely.")
}

func decodeObject(body []byte, into fields) (fieldErrors, error) {
	if err := wellFormed(body); err != nil {
		return fieldErrors{}, err
	}

	var object map[string]jsontext.Value
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return fieldErrors{}, errNotOneObject()
	}

	var found fieldErrors
	for name, value := range object {
		target, known := into[name]
		if !known {
			found.unknown = true
			found.add(problem.PointerTo(name), problem.FieldUnknown, "is not a field of this call")

			continue
		}

		needed, isNeeded := target.(required)
		if isNeeded {
			target = needed.target
		}

		if isNull := value.Kind() == 'n'; isNull && isNeeded || !isNull && json.Unmarshal(value, target) != nil {
			found.wrong = true
			found.add(problem.PointerTo(name), typeError(isNull), "must be "+typeOf(target))
		}
	}

	return found, nil
}

// typeError returns the code of a value with another JSON type. Null is no value.
func typeError(isNull bool) problem.FieldCode {
	if isNull {
		return problem.FieldRequired
	}

	return problem.FieldType
}

func (f *fieldErrors) add(at string, code problem.FieldCode, detail string) {
	f.fields = append(f.fields, problem.NewField(at, code, detail))
}

// covers reports whether the field, or a field that contains it, already has an error.
func (f *fieldErrors) covers(at string) bool {
	return slices.ContainsFunc(
		f.fields, func(known problem.Field) bool { return strings.HasPrefix(at+"/", known.Pointer()+"/") },
	)
}

// problem returns one problem for all field errors, or nil if there are none.
func (f *fieldErrors) problem() error {
	sort.Slice(f.fields, func(i, j int) bool { return f.fields[i].Pointer() < f.fields[j].Pointer() })

	r := &problem.Error{Fields: slices.Clip(f.fields[:min(len(f.fields), maxFieldErrors)])}
	switch {
	case f.unknown:
		r.Code, r.Detail = problem.UnknownField, "Remove the unknown fields listed in errors, and correct the others. Names are case-sensitive."
	case f.wrong:
		r.Code, r.Detail = problem.ValidationFailed, "Correct the listed fields."
	case f.notAllowed:
		r.Code, r.Detail = problem.NotAllowed, "This installation does not allow these values."
	default:
		return nil
	}

	return r
}

const maxFieldErrors = 50

// maxDepth is much deeper than any valid body.
const maxDepth = 16

// wellFormed checks that the body is exactly one I-JSON object (RFC 7493): valid UTF-8, no duplicate names, no lone
// surrogates, no number outside the range of a double. It also limits the nesting, which only an attacker would use.
func wellFormed(body []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	if decoder.PeekKind() != '{' {
		return errNotOneObject()
	}

	for {
		token, err := decoder.ReadToken()
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return problem.New(problem.InvalidJSON, "The body contains the same field twice.")
		case err != nil:
			return errNotOneObject()
		case decoder.StackDepth() > maxDepth:
			return problem.New(problem.InvalidJSON, "The body is nested too deeply.")
		case token.Kind() == '0' && !isDouble(token):
			return problem.New(problem.InvalidJSON, "The body contains a number outside the range of a double.")
		}

		if decoder.StackDepth() == 0 {
			break
		}
	}

	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return errNotOneObject()
	}

	return nil
}

func errNotOneObject() error {
	return problem.New(problem.InvalidJSON, "The body must be exactly one valid JSON object.")
}
