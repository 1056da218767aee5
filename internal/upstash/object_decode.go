package upstash

import (
	"strconv"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
)

const (
	maxPoints = 5000 // of one time series: a month has 43,200 minutes, but Upstash sends at most hundreds
	maxSeries = 100
)

// readObject reads a response that is one object.
func readObject(a *answer, object *operation.Object) (values operation.Values, err error) {
	err = a.readValue(func() error {
		if a.data[a.at] != '{' {
			return a.shapeError()
		}
		values, err = a.object(object, 1)

		return err
	})

	return values, err
}

// readObjects reads a response that is an array of objects. Null is an error,
// because only an empty array proves that the account has no resources.
func readObjects(a *answer, object *operation.Object) (elements []operation.Values, unreadable int, err error) {
	err = a.readValue(func() error {
		elements, unreadable = []operation.Values{}, 0

		if a.data[a.at] != '[' {
			return a.shapeError()
		}

		return a.elements(1, func() error {
			if len(elements)+unreadable >= maxDatabases {
				return errTooMany
			}

			if a.data[a.at] != '{' {
				unreadable++
				return a.skip(2)
			}

			values, err := a.object(object, 2)
			if err != nil {
				return err
			}

			if !UsableID(values.ID(object)) {
				unreadable++
				return nil
			}
			elements = append(elements, values)

			return nil
		})
	})

	return elements, unreadable, err
}

// object reads the object that begins here: the fields of the allow-list, under Upstash's names. A field with another
// type reads as absent.
func (a *answer) object(object *operation.Object, depth int) (operation.Values, error) {
	values := operation.Values{}

	err := a.members(depth, func(name []byte) error {
		for n := range object.Fields {
			if field := &object.Fields[n]; field.Name == string(name) {
				value, err := a.field(field, depth+1)
				if value != nil {
					values[field.Name] = value
				}

				return err
			}
		}

		return a.skip(depth + 1)
	})

	return values, err
}

// field reads one value; nil when it is absent or has another type.
func (a *answer) field(field *operation.Out, depth int) (value any, err error) {
	switch field.Type {
	case operation.OutText:
		return a.textValue(depth, field.Secret)
	case operation.OutInteger, operation.OutNumber, operation.OutBoolean:
		return a.scalarValue(depth, field.Type)
	case operation.OutTime:
		at, err := a.unixTime(depth)
		if err != nil || at.IsZero() {
			return nil, err
		}

		return at, nil
	case operation.OutTexts:
		return a.textValues(depth)
	case operation.OutPoints:
		points, err := a.points(depth)
		if points == nil {
			return nil, err
		}

		return points, err
	case operation.OutSeries:
		return a.series(depth)
	}

	return nil, a.skip(depth)
}

func (a *answer) textValue(depth int, isSecret bool) (any, error) {
	found, err := a.text(depth)
	if err != nil || found == nil || !utf8.Valid(found) {
		return nil, err
	}

	if isSecret {
		return secret.New(string(found)), nil
	}

	return string(found), nil
}

func (a *answer) scalarValue(depth int, kind operation.OutType) (any, error) {
	spelled, err := a.scalar(depth)
	if err != nil || spelled == nil {
		return nil, err
	}

	switch kind {
	case operation.OutInteger:
		if value, err := strconv.ParseInt(string(spelled), 10, 64); err == nil {
			return value, nil
		}

		// dimension_count and others are "number": 384.0 is an integer too. 2^63, which means "no limit", is absent.
		value, err := strconv.ParseFloat(string(spelled), 64)
		if err == nil && value == float64(int64(value)) && value < 1<<53 && value > -(1<<53) {
			return int64(value), nil
		}
	case operation.OutNumber:
		if value, err := strconv.ParseFloat(string(spelled), 64); err == nil && isFinite(value) {
			return value, nil
		}
	case operation.OutBoolean:
		switch string(spelled) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	case operation.OutText, operation.OutTexts, operation.OutTime, operation.OutPoints, operation.OutSeries:
	}

	return nil, nil //nolint:nilnil // absent
}

// isFinite excludes the infinities and NaN, which JSON cannot express.
func isFinite(value float64) bool { return value-value == 0 }

func (a *answer) textValues(depth int) (any, error) {
	if a.data[a.at] != '[' {
		return nil, a.skip(depth)
	}
	texts := []string{}

	err := a.elements(depth, func() error {
		found, err := a.text(depth + 1)
		if err == nil && len(found) > 0 && len(texts) < maxTexts {
			texts = append(texts, string(found))
		}

		return err
	})

	return texts, err
}

// points reads an array of {"x": time, "y": number}; nil for anything else. It leaves out elements without both.
func (a *answer) points(depth int) ([]operation.Point, error) {
	if a.data[a.at] != '[' {
		return nil, a.skip(depth)
	}
	points := []operation.Point{}

	err := a.elements(depth, func() error {
		if a.data[a.at] != '{' || len(points) >= maxPoints {
			return a.skip(depth + 1)
		}
		values, err := a.object(pointObject, depth+1)
		x, hasX := values["x"].(string)
		y, hasY := values["y"].(float64)

		if hasX && hasY {
			points = append(points, operation.Point{X: x, Y: y})
		}

		return err
	})

	return points, err
}

var pointObject = &operation.Object{Fields: []operation.Out{
	{Name: "x", Type: operation.OutText}, {Name: "y", Type: operation.OutNumber},
}}

var seriesObject = &operation.Object{Fields: []operation.Out{
	{Name: "id", Type: operation.OutText}, {Name: "data_points", Type: operation.OutPoints},
}}

// series reads an array of {"id": text, "data_points": points}; nil for anything else.
func (a *answer) series(depth int) (any, error) {
	if a.data[a.at] != '[' {
		return nil, a.skip(depth)
	}
	series := []operation.Series{}

	err := a.elements(depth, func() error {
		if a.data[a.at] != '{' || len(series) >= maxSeries {
			return a.skip(depth + 1)
		}
		values, err := a.object(seriesObject, depth+1)

		id, hasID := values["id"].(string)
		if points, hasPoints := values["data_points"].([]operation.Point); hasID && hasPoints {
			series = append(series, operation.Series{ID: id, DataPoints: points})
		}

		return err
	})

	return series, err
}
