package api

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// operationRoutes registers a route for every operation of the catalogue without a handler of its own, also for those
// that this installation does not offer: their callers learn that the operation exists and is not open.
func (s *Server) operationRoutes(v1 *echo.Group) {
	for _, called := range operation.All() {
		if called.Upstream.Method != "" {
			v1.Add(called.Method, echoPath(called.Path), s.anyCaller(s.operation(called)))
		}
	}
}

// echoPath is a path of the catalogue in Echo's notation: {id} is :id.
func echoPath(path string) string { return strings.NewReplacer("{", ":", "}", "").Replace(path) }

// operation handles every call of one operation. The steps are the same for all: is it open, are its fields valid, does
// it need a recent login, and then the runner.
func (s *Server) operation(called *operation.Operation) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.options.Databases.CheckOpen(called); err != nil {
			return err
		}

		call := proxy.Call{Operation: called, ID: c.Param("id"), BackupID: c.Param("backup_id")}
		if err := s.readCall(c, &call); err != nil {
			return err
		}

		if err := s.stillActing(c); err != nil {
			return err
		}

		result, err := callerOf(c).databases.Run(c.Request().Context(), call)
		if err != nil {
			return err
		}

		return s.writeResult(c, called, result)
	}
}

// readCall reads what the caller sends: the fields, the Idempotency-Key and, for a guarded operation, the recent login
// and the typed name.
func (s *Server) readCall(c echo.Context, call *proxy.Call) (err error) {
	called := call.Operation

	if called.Effect.Writes() {
		if call.Sent, err = s.bodyFields(c, called); err != nil {
			return err
		}

		if call.Key, err = idempotencyKey(c.Request()); err != nil {
			return err
		}
	} else if call.Sent, err = s.queryFields(c, called); err != nil {
		return err
	}

	if called.Effect == operation.Create && call.Key == "" && callerOf(c).acting != nil {
		return problem.New(problem.IdempotencyKeyMissing, "A service must send an Idempotency-Key with every create.")
	}

	if called.Tier != operation.Guarded {
		return nil
	}

	if err := s.requireFreshLogin(c); err != nil {
		return err
	}
	call.Confirmed, err = confirmedName(c)

	return err
}

// bodyFields decodes and checks the body. An operation without fields accepts an empty body, an empty object or null.
func (s *Server) bodyFields(c echo.Context, called *operation.Operation) (operation.Values, error) {
	targets := targetsOf(called)

	if len(called.Fields) == 0 {
		return nil, decodeOptional(c, targets)
	}

	found, err := decodeFields(c, targets)
	if err != nil {
		return nil, err
	}
	sent := valuesOf(called, targets)

	for _, fault := range s.options.Databases.CheckFields(called, sent) {
		if !found.covers(fault.Pointer()) {
			found.addFault(fault)
		}
	}

	return sent, found.problem()
}

// queryFields reads the query parameters of a read, which are texts. It ignores unknown parameters, as all routes do,
// and rejects a repeated one, because it would be unclear which counts.
func (s *Server) queryFields(c echo.Context, called *operation.Operation) (operation.Values, error) {
	sent, query := operation.Values{}, c.QueryParams()

	var found fieldErrors

	for n := range called.Fields {
		name := called.Fields[n].Name

		switch values := query[name]; len(values) {
		case 0:
		case 1:
			sent[name] = values[0]
		default:
			found.addFault(problem.NewField(problem.PointerTo(name), problem.FieldDuplicate, "is repeated"))
		}
	}

	for _, fault := range s.options.Databases.CheckFields(called, sent) {
		found.addFault(fault)
	}

	return sent, found.problem()
}

// addFault adds the error of a value.
func (f *fieldErrors) addFault(fault problem.Field) {
	f.wrong = f.wrong || !fault.NotAllowed()
	f.notAllowed = f.notAllowed || fault.NotAllowed()
	f.fields = append(f.fields, fault)
}

// targetsOf returns a target for each field, as a pointer to a pointer: nil afterwards means that the field is absent.
func targetsOf(called *operation.Operation) fields {
	targets := fields{}

	for n := range called.Fields {
		field := &called.Fields[n]

		var target any

		switch field.Type {
		case operation.Integer:
			target = new(*int64)
		case operation.Boolean:
			target = new(*bool)
		case operation.Texts:
			target = new(*[]string)
		case operation.Text:
			target = new(*string)
		}

		if field.Required {
			target = required{target}
		}
		targets[field.Name] = target
	}

	return targets
}

// valuesOf returns the values of the fields that the body had.
func valuesOf(called *operation.Operation, targets fields) operation.Values {
	sent := operation.Values{}

	for n := range called.Fields {
		name := called.Fields[n].Name

		target := targets[name]
		if needed, isNeeded := target.(required); isNeeded {
			target = needed.target
		}

		switch target := target.(type) {
		case **int64:
			put(sent, name, *target)
		case **bool:
			put(sent, name, *target)
		case **[]string:
			put(sent, name, *target)
		case **string:
			put(sent, name, *target)
		}
	}

	return sent
}

func put[T any](sent operation.Values, name string, value *T) {
	if value != nil {
		sent[name] = *value
	}
}

// writeResult responds by the operation's effect.
func (s *Server) writeResult(c echo.Context, called *operation.Operation, result proxy.Result) error {
	if result.Replayed {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}

	switch called.Effect {
	case operation.Read:
		body := result.Body
		if called.List != "" {
			body = listBody(called.List, result.Elements)
		}

		return conditional(c, tagged(body, callerOf(c).principal()))
	case operation.Create:
		if result.ID != "" {
			// Only top-level resources have an id of their own, so the path of a create has no parameters.
			c.Response().Header().Set(echo.HeaderLocation, string(s.base)+"/api/v1"+called.Path+"/"+result.ID)
		}

		return c.JSONBlob(http.StatusCreated, result.Body)
	case operation.Destroy:
		return c.NoContent(http.StatusNoContent)
	case operation.Change, operation.Reveal:
	}

	return c.JSONBlob(http.StatusOK, result.Body)
}

// listBody is a list's JSON object: {"indexes":[...]}.
func listBody(name string, elements []proxy.Element) []byte {
	var to bytes.Buffer

	_, _ = to.WriteString(`{"` + name + `":[`)

	for n, element := range elements {
		if n > 0 {
			_ = to.WriteByte(',')
		}
		_, _ = to.Write(element.Body)
	}
	_, _ = to.WriteString(`]}`)

	return to.Bytes()
}
