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

// fields maps the names a body may have to where their values go. Null leaves a field out, as typed clients write one
// that nobody set; a target that is required takes no null.
type fields map[string]any

// required is the target of a field that a body must have.
type required struct{ target any }

// decode reads one JSON object strictly, and refuses any faulty field.
func decode(c echo.Context, into fields) error {
	found, err := decodeFaults(c, into)
	if err != nil {
		return err
	}

	return found.refusal()
}

// decodeOptional does the same where a body is optional: none is an empty object, whatever Content-Type says, and so is
// null, which typed clients send for a body that nobody gave.
func decodeOptional(c echo.Context, into fields) error {
	body, err := readBody(c)
	if err != nil || len(body) == 0 {
		return err // its length is not known beforehand when it comes in chunks, or by HTTP/2
	}

	if string(bytes.Trim(body, " \t\r\n")) == "null" { // JSON's white space (RFC 8259 section 2)
		body = []byte("{}")
	}
	c.Request().Body = io.NopCloser(bytes.NewReader(body))

	return decode(c, into)
}

// bodyFaults are the faults of single fields, found while decoding and after.
type bodyFaults struct {
	faults     []problem.Field
	unknown    bool // one of them is no field of the call
	wrong      bool // one of them is of a wrong type or value
	notAllowed bool // one of them is a value that this installation does not allow
}

// decodeFaults reads one JSON object strictly: JSON only, no name twice, nothing after the object. What is wrong with
// single fields is returned, so that it can be named together with what is wrong with their values. Echo's own Bind
// would take forms, fold case and let the last name win.
func decodeFaults(c echo.Context, into fields) (bodyFaults, error) {
	if !isJSON(c.Request().Header.Values(echo.HeaderContentType)) {
		return bodyFaults{}, problem.New(problem.UnsupportedMediaType, "Send the body as application/json in UTF-8.")
	}

	if len(c.Request().Header.Values(echo.HeaderContentEncoding)) > 0 {
		return bodyFaults{}, problem.New(problem.UnsupportedMediaType, "Send the body without a content encoding.")
	}

	body, err := readBody(c)
	if err != nil {
		return bodyFaults{}, err
	}

	return decodeObject(body, into)
}

// readBody reads all of the body. One that is cut, badly framed or too slow is the caller's fault, not ours.
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

	return nil, problem.New(problem.InvalidRequest, "The body did not arrive in whole.")
}

func decodeObject(body []byte, into fields) (bodyFaults, error) {
	if err := wellFormed(body); err != nil {
		return bodyFaults{}, err
	}

	var object map[string]jsontext.Value
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return bodyFaults{}, errNotOneObject()
	}

	var found bodyFaults
	for name, value := range object {
		target, known := into[name]
		if !known {
			found.unknown = true
			found.add(pointer(name), "is not a field of this call")

			continue
		}

		needed, isNeeded := target.(required)
		if isNeeded {
			target = needed.target
		}

		if isNull := value.Kind() == 'n'; isNull && isNeeded || !isNull && json.Unmarshal(value, target) != nil {
			found.wrong = true
			found.add(pointer(name), "must be "+expected(target))
		}
	}

	return found, nil
}

func (f *bodyFaults) add(at, detail string) {
	f.faults = append(f.faults, problem.Field{Pointer: at, Detail: detail})
}

// within reports whether the field, or one around it, has a fault already.
func (f *bodyFaults) within(at string) bool {
	return slices.ContainsFunc(
		f.faults, func(known problem.Field) bool { return strings.HasPrefix(at+"/", known.Pointer+"/") },
	)
}

// refusal is the one problem for all of them; nil when there is none.
func (f *bodyFaults) refusal() error {
	sort.Slice(f.faults, func(i, j int) bool { return f.faults[i].Pointer < f.faults[j].Pointer })

	r := &problem.Error{Fields: slices.Clip(f.faults[:min(len(f.faults), maxFaults)])}
	switch {
	case f.unknown:
		r.Code, r.Detail = problem.UnknownField, "Leave out the fields that are not of this call, and correct the others. Names are case-sensitive."
	case f.wrong:
		r.Code, r.Detail = problem.ValidationFailed, "Correct the fields named."
	case f.notAllowed:
		r.Code, r.Detail = problem.NotAllowed, "This installation does not allow these values."
	default:
		return nil
	}

	return r
}

const maxFaults, maxPointer = 50, 100

// pointer points at a member of the body (RFC 6901 section 3).
func pointer(name string) string {
	if len(name) > maxPointer {
		name = strings.ToValidUTF8(name[:maxPointer], "") + "…"
	}

	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// maxDepth is far more than any body of ours has.
const maxDepth = 16

// wellFormed wants one JSON object and nothing else, as I-JSON has it (RFC 7493): valid UTF-8, no name twice, no lone
// surrogate, no number beyond a double; and no nesting that only an attacker needs.
func wellFormed(body []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	if decoder.PeekKind() != '{' {
		return errNotOneObject()
	}

	for {
		token, err := decoder.ReadToken()
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return problem.New(problem.InvalidJSON, "The body has the same field twice.")
		case err != nil:
			return errNotOneObject()
		case decoder.StackDepth() > maxDepth:
			return problem.New(problem.InvalidJSON, "The body is nested too deeply.")
		case token.Kind() == '0' && !isDouble(token):
			return problem.New(problem.InvalidJSON, "The body has a number that no computer number holds.")
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
	return problem.New(problem.InvalidJSON, "The body must be one valid JSON object and nothing else.")
}
