package operation

// Object is the allow-list of an object's fields: what is not in it does not leave.
type Object struct {
	Name      string // in the API document
	IDField   string // the field with the resource's id
	NameField string // the field with its name; empty: it has none
	Fields    []Out
}

// OutType is the type of a field that leaves.
type OutType string

// The types. A field that Upstash sends with another type is left out.
const (
	OutText    OutType = "text"
	OutInteger OutType = "integer"
	OutNumber  OutType = "number"
	OutBoolean OutType = "boolean" // a boolean, or its name in a string
	OutTexts   OutType = "texts"
	OutTime    OutType = "time"   // seconds since 1970 upstream, RFC 3339 in ours
	OutPoints  OutType = "points" // a time series
	OutSeries  OutType = "series" // several time series, each with an id
)

// Out is a field that leaves.
type Out struct {
	Name    string // as Upstash spells it
	As      string // as ours spells it; empty: the same
	Type    OutType
	Help    string // one sentence without the final period; names the unit
	Secret  bool   // leaves only by an operation that reveals
	Example any
}

// Key is the field's name in our responses.
func (f *Out) Key() string {
	if f.As != "" {
		return f.As
	}

	return f.Name
}

// Secrets returns the object with these secret fields added, for an operation that reveals them.
func (o *Object) Secrets(name string, fields ...Out) *Object {
	revealed := &Object{Name: name, IDField: o.IDField, NameField: o.NameField}
	revealed.Fields = append(append(revealed.Fields, o.Fields...), fields...)

	return revealed
}

// HasSecrets reports whether any field is secret.
func (o *Object) HasSecrets() bool {
	for n := range o.Fields {
		if o.Fields[n].Secret {
			return true
		}
	}

	return false
}

// Point is one value of a time series.
type Point struct {
	X string  `json:"x"` // the time, as Upstash writes it
	Y float64 `json:"y"`
}

// Series is a time series with an id.
type Series struct {
	ID         string  `json:"id"`
	DataPoints []Point `json:"data_points"`
}
