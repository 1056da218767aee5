package operation

import (
	"encoding/json"
	"fmt"
)

// Values decodes a JSON object of the operation's fields, with their types. Other fields are an error.
func (o *Operation) Values(object []byte) (Values, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(object, &raw); err != nil {
		return nil, err
	}
	values := Values{}

	for name, encoded := range raw {
		field, known := o.Field(name)
		if !known {
			return nil, fmt.Errorf("operation: %s has no field %q", o.Name, name)
		}

		value, err := field.decode(encoded)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}

	return values, nil
}

// Field returns the field with this name, which is case-sensitive.
func (o *Operation) Field(name string) (*Field, bool) {
	for n := range o.Fields {
		if o.Fields[n].Name == name {
			return &o.Fields[n], true
		}
	}

	return nil, false
}

func (f *Field) decode(encoded json.RawMessage) (any, error) {
	switch f.Type {
	case Integer:
		return decodeAs[int64](encoded)
	case Boolean:
		return decodeAs[bool](encoded)
	case Texts:
		return decodeAs[[]string](encoded)
	case Text:
	}

	return decodeAs[string](encoded)
}

func decodeAs[T any](encoded json.RawMessage) (any, error) {
	var value T
	err := json.Unmarshal(encoded, &value)

	return value, err
}

// PlanField returns the name of the field that chooses a plan, and so a price.
func (o *Operation) PlanField() (string, bool) { return o.fieldBy(Plans) }

// BudgetField returns the name of the field with a budget.
func (o *Operation) BudgetField() (string, bool) { return o.fieldBy(Budget) }

func (o *Operation) fieldBy(bound Bound) (string, bool) {
	for n := range o.Fields {
		if o.Fields[n].Bound == bound {
			return o.Fields[n].Name, true
		}
	}

	return "", false
}
