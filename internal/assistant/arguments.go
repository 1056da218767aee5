package assistant

import (
	"crypto/rand"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
)

// arguments are those of one call, with the types of the tool's fields.
type arguments struct {
	id, backupID, confirmed, key string
	sent                         operation.Values
}

const maxFieldErrors = 50

// arguments decodes strictly: one JSON object, without duplicate or unknown names. Names are case-sensitive. Null
// counts as absent, because assistants send it for optional arguments.
func (t *tool) arguments(encoded []byte) (arguments, error) {
	var object map[string]jsontext.Value

	decoded := arguments{sent: operation.Values{}}

	if len(encoded) > 0 {
		if err := json.Unmarshal(encoded, &object); err != nil {
			return arguments{}, problem.New(problem.InvalidRequest, "The arguments must be one valid JSON object.")
		}
	}

	var faults []problem.Field

	texts := t.texts(&decoded)

	for name, value := range object {
		if value.Kind() == 'n' {
			continue
		}

		if code, fault := t.argument(name, value, texts, decoded.sent); fault != "" {
			faults = append(faults, problem.NewField(problem.PointerTo(name), code, fault))
		}
	}

	for name, target := range texts {
		if _, present := object[name]; *target == "" && name != argKey && !present {
			faults = append(faults, problem.NewField(problem.PointerTo(name), problem.FieldRequired, "is required"))
		}
	}

	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b problem.Field) int { return strings.Compare(a.Pointer(), b.Pointer()) })
		return arguments{}, problem.OfFields("the arguments are invalid", faults[:min(len(faults), maxFieldErrors)])
	}

	if t.repeatable() && decoded.key == "" {
		decoded.key = rand.Text()
	}

	return decoded, nil
}

// texts are the arguments that are no fields, and where they belong.
func (t *tool) texts(into *arguments) map[string]*string {
	texts := map[string]*string{}
	for name, target := range map[string]*string{argID: &into.id, argBackupID: &into.backupID} {
		if t.needs(name) {
			texts[name] = target
		}
	}

	if t.guarded() {
		texts[argConfirm] = &into.confirmed
	}

	if t.repeatable() {
		texts[argKey] = &into.key
	}

	return texts
}

// argument decodes one argument, and returns what is invalid about it: an empty fault if it is valid.
func (t *tool) argument(
	name string, value jsontext.Value, texts map[string]*string, sent operation.Values,
) (code problem.FieldCode, fault string) {
	if target, known := texts[name]; known {
		if json.Unmarshal(value, target) != nil {
			return problem.FieldType, "must be a string"
		}

		return "", ""
	}

	n := slices.IndexFunc(t.fields, func(field operation.Field) bool { return field.Name == name })
	if n < 0 {
		return problem.FieldUnknown, "is not an argument of this tool"
	}

	decoded, mustBe := decode(t.fields[n].Type, value)
	if mustBe != "" {
		return problem.FieldType, mustBe
	}
	sent[name] = decoded

	return "", ""
}

func decode(kind operation.Type, value jsontext.Value) (decoded any, mustBe string) {
	switch kind {
	case operation.Integer:
		return decodeAs[int64](value, "must be an integer")
	case operation.Boolean:
		return decodeAs[bool](value, "must be true or false")
	case operation.Texts:
		return decodeAs[[]string](value, "must be an array of strings")
	case operation.Text:
	}

	return decodeAs[string](value, "must be a string")
}

func decodeAs[T any](value jsontext.Value, mustBe string) (any, string) {
	var decoded T
	if json.Unmarshal(value, &decoded) != nil {
		return nil, mustBe
	}

	return decoded, ""
}
