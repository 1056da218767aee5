package upstash

import (
	"math"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
)

// fuzzed has a field of every type, under names that the seeds have.
var fuzzed = &operation.Object{IDField: "database_id", Fields: []operation.Out{
	{Name: "database_id", Type: operation.OutText},
	{Name: "database_name", Type: operation.OutText},
	{Name: "port", Type: operation.OutInteger},
	{Name: "budget", Type: operation.OutNumber},
	{Name: "tls", Type: operation.OutBoolean},
	{Name: "creation_time", Type: operation.OutTime},
	{Name: "read_regions", Type: operation.OutTexts},
	{Name: "a", Type: operation.OutPoints},
	{Name: "x", Type: operation.OutSeries},
	{Name: "password", Type: operation.OutText, Secret: true},
}}

// objectIn is the simple version of what answer.object does in one pass: it decodes everything into a map, and copies
// the fields of the allow-list.
func objectIn(value jsontext.Value, allowed *operation.Object) operation.Values {
	var object map[string]jsontext.Value
	if value.Kind() != '{' || json.Unmarshal(value, &object) != nil {
		return nil
	}
	values := operation.Values{}

	for n := range allowed.Fields {
		field := &allowed.Fields[n]
		if found := fieldIn(object[field.Name], field); found != nil {
			values[field.Name] = found
		}
	}

	return values
}

func fieldIn(value jsontext.Value, field *operation.Out) any {
	switch field.Type {
	case operation.OutText:
		if value.Kind() != '"' || len(value) > maxText {
			return nil
		}

		if field.Secret {
			return secret.New(textIn(value))
		}

		return textIn(value)
	case operation.OutTexts:
		texts := []string{}

		return collected(value, func(element jsontext.Value) {
			if text := textIn(element); text != "" && len(texts) < maxTexts {
				texts = append(texts, text)
			}
		}, &texts)
	case operation.OutPoints:
		points := []operation.Point{}

		return collected(value, func(element jsontext.Value) {
			found := objectIn(element, pointObject)
			x, hasX := found["x"].(string)

			if y, hasY := found["y"].(float64); hasX && hasY {
				points = append(points, operation.Point{X: x, Y: y})
			}
		}, &points)
	case operation.OutSeries:
		series := []operation.Series{}

		return collected(value, func(element jsontext.Value) {
			found := objectIn(element, seriesObject)
			id, hasID := found["id"].(string)

			if points, has := found["data_points"].([]operation.Point); hasID && has {
				series = append(series, operation.Series{ID: id, DataPoints: points})
			}
		}, &series)
	case operation.OutInteger, operation.OutNumber, operation.OutBoolean, operation.OutTime:
	}

	return wordAs(wordIn(value), field.Type)
}

// collected returns what each adds to the slice for the elements of an array; nil for anything else.
func collected[T any](value jsontext.Value, each func(jsontext.Value), into *[]T) any {
	var elements []jsontext.Value
	if value.Kind() != '[' || json.Unmarshal(value, &elements) != nil {
		return nil
	}

	for _, element := range elements {
		each(element)
	}

	return *into
}

func wordAs(word string, kind operation.OutType) any {
	number, err := strconv.ParseFloat(word, 64)
	if err != nil {
		number = math.NaN()
	}
	whole, noInteger := strconv.ParseInt(word, 10, 64)

	switch {
	case kind == operation.OutInteger && noInteger == nil:
		return whole
	case kind == operation.OutInteger && math.Trunc(number) == number && math.Abs(number) < 1<<53:
		return int64(number)
	case kind == operation.OutNumber && !math.IsNaN(number) && !math.IsInf(number, 0):
		return number
	case kind == operation.OutBoolean && (word == "true" || word == "false"):
		return word == "true"
	case kind == operation.OutTime && noInteger == nil && whole > 0 && whole < maxSeconds:
		return time.Unix(whole, 0).UTC()
	}

	return nil
}

// FuzzOperationObject: the one-pass reader accepts, rejects and returns the same as decoding everything and copying the
// allow-list.
func FuzzOperationObject(f *testing.F) {
	warts(f)

	for _, seed := range []string{
		`{"database_id":"a","port":384.0,"budget":"0.5","tls":"true","creation_time":"5","read_regions":["a",5,""]}`,
		`{"a":[{"x":"t","y":1},{"x":"t"},{"y":"2","x":"\u0074"},5],"x":[{"id":"s","data_points":[{"x":"t","y":1}]},{}]}`,
		`{"port":9223372036854775808,"budget":1e400,"password":"\ud83d\ude00","database_name":"` + "\u00e9" + `"}`,
		`[{"database_id":"a"},{"database_id":"a/b"},null]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readBytes(t, body, func(a *answer) (operation.Values, error) { return readObject(a, fuzzed) })

		var value jsontext.Value
		if wrong := json.Unmarshal(body, &value); (wrong != nil || value.Kind() != '{') != (err != nil) {
			t.Fatalf("got error %v, want %v, for %q", err, wrong, body)
		}

		if err == nil {
			if want := objectIn(value, fuzzed); !reflect.DeepEqual(want, got) {
				t.Errorf("for %q (-want +got):\n%s", body, cmp.Diff(
					want, got, cmp.Transformer("reveal", func(s secret.Text) string { return s.Reveal() })))
			}
		}

		list, err := readBytes(t, body, func(a *answer) ([]operation.Values, error) {
			elements, _, err := readObjects(a, fuzzed)
			return elements, err
		})

		var elements []jsontext.Value
		if wrong := json.Unmarshal(body, &elements); (wrong != nil || elements == nil) != (err != nil) {
			t.Fatalf("list: got error %v, want %v, for %q", err, wrong, body)
		}

		for _, element := range elements {
			if want := objectIn(element, fuzzed); want != nil && UsableID(want.ID(fuzzed)) {
				if len(list) == 0 || !reflect.DeepEqual(want, list[0]) {
					t.Fatalf("list: got %v, want %v next, for %q", list, want, body)
				}
				list = list[1:]
			}
		}

		if len(list) > 0 {
			t.Errorf("list: got %v besides, for %q", list, body)
		}
	})
}
