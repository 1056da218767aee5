package problem

// FieldCode says how a field is invalid. Programs choose their own text by it. The codes are stable; new ones may
// be added.
type FieldCode string // @name FieldFaultCode

// The codes of field errors.
const (
	FieldRequired   FieldCode = "required"       // missing, null or empty
	FieldUnknown    FieldCode = "unknown_field"  // the call has no field of this name
	FieldType       FieldCode = "invalid_type"   // another JSON type
	FieldFormat     FieldCode = "invalid_format" // a text of another form
	FieldValue      FieldCode = "invalid_value"  // not one of the valid values
	FieldTooLong    FieldCode = "too_long"       // a text or a list with too many elements
	FieldRange      FieldCode = "out_of_range"   // a number below the minimum or above the maximum
	FieldDuplicate  FieldCode = "duplicate"      // the same value or field twice
	FieldConflict   FieldCode = "conflict"       // does not fit another field, or what already exists
	FieldUsed       FieldCode = "already_used"   // another resource has this name
	FieldNotAllowed FieldCode = "not_allowed"    // valid, but beyond what this installation or the grant allows
)

// Field is the error of one field. Only NewField makes one, so that none lacks a code.
type Field struct {
	pointer, detail  string
	code             FieldCode
	listed           bool
	minimum, maximum *int64
}

// NewField returns the error of the field at a JSON pointer (RFC 6901) into the request. The detail is the rest of a
// sentence that starts with the field's name.
func NewField(pointer string, code FieldCode, detail string) Field {
	return Field{pointer: pointer, code: code, detail: detail}
}

// Listed returns the error with the note that GET /catalog lists the valid values.
func (f Field) Listed() Field {
	f.listed = true
	return f
}

// AtLeast returns the error with the smallest number that the field accepts.
func (f Field) AtLeast(minimum int64) Field {
	f.minimum = &minimum
	return f
}

// AtMost returns the error with the largest number, or the largest length, that the field accepts.
func (f Field) AtMost(maximum int64) Field {
	f.maximum = &maximum
	return f
}

// At returns the error at another pointer.
func (f Field) At(pointer string) Field {
	f.pointer = pointer
	return f
}

// Pointer returns the JSON pointer of the field.
func (f Field) Pointer() string { return f.pointer }

// Code returns how the field is invalid.
func (f Field) Code() FieldCode { return f.code }

// Detail returns the error, as the rest of a sentence that starts with the field's name.
func (f Field) Detail() string { return f.detail }

// IsListed reports whether GET /catalog lists the valid values.
func (f Field) IsListed() bool { return f.listed }

// Minimum returns the smallest number that the field accepts; nil if there is no such limit, or if it is unknown.
func (f Field) Minimum() *int64 { return f.minimum }

// Maximum returns the largest number, or the largest length, that the field accepts; nil if there is no such limit, or
// if it is unknown.
func (f Field) Maximum() *int64 { return f.maximum }

// NotAllowed reports whether the value is valid, but more than this installation or the grant allows.
func (f Field) NotAllowed() bool { return f.code == FieldNotAllowed }
