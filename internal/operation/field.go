package operation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/problem"
)

// Type is the JSON type of a field that a caller sends.
type Type string

// The types.
const (
	Text    Type = "string"
	Integer Type = "integer"
	Boolean Type = "boolean"
	Texts   Type = "array" // of strings
)

// Bound names the policy that limits a field's value, in the installation and in a grant.
type Bound string

// The bounds.
const (
	Unbounded Bound = ""
	Regions   Bound = "regions" // BFF_ALLOWED_REGIONS, and the grant's regions
	Plans     Bound = "plans"   // BFF_ALLOWED_PLANS, and the grant's plans
	Budget    Bound = "budget"  // BFF_MAX_BUDGET, and the grant's budget
)

// Field is a value that a caller may send, under Upstash's name for it.
type Field struct {
	Name     string
	Type     Type
	Help     string // one sentence without the final period; names the unit
	Required bool
	Enum     []string // the allowed values of a text, or of each text of an array; empty: any
	Min, Max int64    // of an integer; Max 0: unlimited. Of an array, the number of its elements
	IsName   bool     // 1 to 64 letters, digits, _ or -, starting with a letter or digit
	Bound    Bound
	Default  string // sent for an absent plan; of other fields, what Upstash assumes
	Example  any
}

// Policy is what an installation, or a grant, allows. Nil lists and zero numbers allow everything.
type Policy struct {
	Regions, Plans []string
	MaxBudget      int64
}

// Complete returns the values with the default plan added where the caller names none: then what is created never
// depends on what Upstash chooses, and the policy decides about a plan that is known.
func (o *Operation) Complete(sent Values) Values {
	complete := maps.Clone(sent)
	if complete == nil {
		complete = Values{}
	}

	for n := range o.Fields {
		field := &o.Fields[n]
		if _, present := complete[field.Name]; !present && field.Bound == Plans && field.Default != "" {
			complete[field.Name] = field.Default
		}
	}

	return complete
}

// Check returns every value that breaks a rule of its field or of the policy.
func (o *Operation) Check(sent Values, policy Policy) []problem.Field {
	var fields []problem.Field

	for n := range o.Fields {
		field := &o.Fields[n]

		value, present := sent[field.Name]
		switch {
		case present:
			fields = append(fields, field.check(value, policy)...)
		case field.Required:
			fields = append(fields, problem.NewField("/"+field.Name, problem.FieldRequired, "is required"))
		}
	}

	return fields
}

func (f *Field) check(value any, policy Policy) []problem.Field {
	at := "/" + f.Name

	switch value := value.(type) {
	case string:
		return f.checkText(at, value, policy)
	case int64:
		return f.checkInteger(at, value, policy)
	case bool:
		// An automatic upgrade leads to larger plans, whatever they cost.
		if value && f.Bound == Plans && (policy.Plans != nil || policy.MaxBudget > 0) {
			return notAllowed(at, "may lead to a plan that is not allowed here")
		}
	case []string:
		return f.checkTexts(at, value, policy)
	}

	return nil
}

func (f *Field) checkText(at, value string, policy Policy) []problem.Field {
	switch {
	case f.IsName && !IsName(value):
		return one(NameError(at, value))
	case f.Enum != nil && !slices.Contains(f.Enum, value):
		return one(problem.NewField(at, problem.FieldValue, "is not one of the allowed values").Listed())
	case utf8.RuneCountInString(value) > maxText:
		detail := fmt.Sprintf("must be at most %d characters", maxText)
		return one(problem.NewField(at, problem.FieldTooLong, detail).AtMost(maxText))
	case f.Bound == Regions && policy.Regions != nil && !slices.Contains(policy.Regions, value):
		return notAllowed(at, "is not a region allowed here")
	case f.Bound == Plans && policy.Plans != nil && !slices.Contains(policy.Plans, value):
		return notAllowed(at, "is not a plan allowed here")
	}

	return nil
}

func (f *Field) checkInteger(at string, value int64, policy Policy) []problem.Field {
	switch {
	case value < f.Min:
		detail := "must be at least " + strconv.FormatInt(f.Min, 10)
		return one(problem.NewField(at, problem.FieldRange, detail).AtLeast(f.Min))
	case f.Max > 0 && value > f.Max:
		detail := "must be at most " + strconv.FormatInt(f.Max, 10)
		return one(problem.NewField(at, problem.FieldRange, detail).AtMost(f.Max))
	case f.Bound == Budget && policy.MaxBudget > 0 && (value == 0 || value > policy.MaxBudget): // 0: unlimited
		detail := fmt.Sprintf("must be 1 to %d here", policy.MaxBudget)
		return one(problem.NewField(at, problem.FieldNotAllowed, detail).AtLeast(1).AtMost(policy.MaxBudget))
	}

	return nil
}

func (f *Field) checkTexts(at string, values []string, policy Policy) []problem.Field {
	if f.Max > 0 && int64(len(values)) > f.Max {
		return one(problem.NewField(at, problem.FieldTooLong, fmt.Sprintf("must be at most %d", f.Max)).AtMost(f.Max))
	}

	var fields []problem.Field

	for n, value := range values {
		each := at + "/" + strconv.Itoa(n)

		switch {
		case value == "": // null reads as empty too
			fields = append(fields, problem.NewField(each, problem.FieldRequired, "must not be empty"))
		case slices.Contains(values[:n], value):
			fields = append(fields, problem.NewField(each, problem.FieldDuplicate, "is listed twice"))
		default:
			fields = append(fields, f.checkText(each, value, policy)...)
		}
	}

	return fields
}

const (
	maxName = 64
	maxText = 256
)

// IsName accepts 1 to 64 letters, digits, _ and -, beginning with a letter or digit.
func IsName(name string) bool {
	if name == "" || len(name) > maxName || !alphanumeric(name[0]) {
		return false
	}

	for n := range len(name) {
		if b := name[n]; !alphanumeric(b) && b != '_' && b != '-' {
			return false
		}
	}

	return true
}

// NameError returns the error of a name that IsName rejects.
func NameError(at, name string) problem.Field {
	const detail = "must be 1 to 64 letters, digits, _ or -, starting with a letter or digit"

	switch {
	case name == "":
		return problem.NewField(at, problem.FieldRequired, detail)
	case len(name) > maxName:
		return problem.NewField(at, problem.FieldTooLong, detail).AtMost(maxName)
	}

	return problem.NewField(at, problem.FieldFormat, detail)
}

func alphanumeric(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

func one(field problem.Field) []problem.Field { return []problem.Field{field} }

func notAllowed(at, detail string) []problem.Field {
	return one(problem.NewField(at, problem.FieldNotAllowed, detail))
}
