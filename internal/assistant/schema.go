package assistant

import (
	"github.com/upstash-connect/bff/internal/operation"
)

// The arguments that are no fields of an operation.
const (
	argID       = "id"
	argBackupID = "backup_id"
	argConfirm  = "confirm_name"
	argKey      = "idempotency_key"
)

// schema is the JSON Schema (draft 2020-12) of a tool's arguments. It helps the assistant; arguments are checked
// without it.
func (t *tool) schema() map[string]any {
	properties, required := map[string]any{}, []string{}
	add := func(name, help string, needed bool) {
		properties[name] = map[string]any{"type": "string", "description": help}

		if needed {
			required = append(required, name)
		}
	}
	on := t.called.On

	if t.needs(argID) {
		owner := on
		if on.Of != nil {
			owner = on.Of
		}
		add(argID, "the ID of the "+owner.Noun, true)
	}

	if t.needs(argBackupID) {
		add(argBackupID, "the ID of the backup", true)
	}

	for n := range t.fields {
		field := &t.fields[n]
		properties[field.Name] = fieldSchema(field)

		if field.Required {
			required = append(required, field.Name)
		}
	}

	if t.guarded() {
		what := "the current name of the " + on.Noun
		if on.Object.NameField == "" {
			what = "the ID of the " + on.Noun + " again"
		}
		add(argConfirm, what+", as a confirmation", true)
	}

	if t.repeatable() {
		add(argKey, "1 to 255 visible characters; calls with the same key and arguments take effect once. The result "+
			"has the key that was used", false)
	}

	return map[string]any{
		"type": "object", "properties": properties, "required": required, "additionalProperties": false,
	}
}

func fieldSchema(field *operation.Field) map[string]any {
	help := field.Help
	if field.Default != "" {
		help += " (default: " + field.Default + ")"
	}
	described := map[string]any{"type": string(field.Type), "description": help}
	of := described

	switch field.Type {
	case operation.Integer:
		described["minimum"] = field.Min
		if field.Max > 0 {
			described["maximum"] = field.Max
		}
	case operation.Texts:
		of = map[string]any{"type": "string"}
		described["items"] = of

		if field.Max > 0 {
			described["maxItems"] = field.Max
		}
	case operation.Text, operation.Boolean:
	}

	if field.Enum != nil {
		of["enum"] = field.Enum
	}

	return described
}
