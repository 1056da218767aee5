package upstash

import (
	"bytes"
	"strconv"
	"time"
)

// A field with an unexpected type or an absurd length reads as absent: one bad value must not hide all databases of an
// account. Booleans and numbers may be strings, as some of Upstash's are.

const (
	maxText  = 4096 // bytes of a field as written, with quotes and escapes
	maxTexts = 100

	maxSeconds = 253402300800 // the year 10000, which RFC 3339 cannot represent
)

// text reads a string; nil for anything else. The result lies in the window or scratch: the next read overwrites it.
func (a *answer) text(depth int) ([]byte, error) {
	if a.data[a.at] != '"' {
		return nil, a.skip(depth)
	}
	from := a.at

	if end := plainEnd(a.data, from); end > 0 && end-from <= maxText {
		a.at = end
		return a.data[from+1 : end-1], nil
	}

	escaped, err := a.skipString()
	if err != nil || a.at-from > maxText {
		return nil, err
	}

	if escaped {
		a.scratch = appendUnescaped(a.scratch[:0], a.data[from:a.at])
		return a.scratch, nil
	}

	return a.data[from+1 : a.at-1], nil
}

// scalar reads a string, a number or a boolean as written; nil for anything else.
func (a *answer) scalar(depth int) ([]byte, error) {
	from := a.at

	switch a.data[from] {
	case '{', '[', 'n':
		return nil, a.skip(depth)
	case '"':
		return a.text(depth)
	}

	if err := a.skip(depth); err != nil || a.at-from > maxText {
		return nil, err
	}

	return a.data[from:a.at], nil
}

// portNumber reads a port; 0 for anything else.
func (a *answer) portNumber(depth int) (int, error) {
	spelled, err := a.scalar(depth)
	if err != nil || len(spelled) > len("65535") || bytes.HasPrefix(spelled, []byte{'0'}) {
		return 0, err
	}

	port := 0
	for _, digit := range spelled {
		if digit-'0' > 9 { // negative or fractional: not a port
			return 0, nil
		}
		port = 10*port + int(digit-'0')
	}

	if port > 65535 {
		return 0, nil
	}

	return port, nil
}

// boolean reads a boolean; the default for anything else.
func (a *answer) boolean(depth int, usual bool) (bool, error) {
	spelled, err := a.scalar(depth)
	if err != nil {
		return usual, err
	}

	switch string(spelled) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}

	return usual, nil
}

// unixTime reads seconds since 1970; the zero time for anything else.
func (a *answer) unixTime(depth int) (time.Time, error) {
	spelled, err := a.scalar(depth)
	if err != nil {
		return time.Time{}, err
	}

	seconds, err := strconv.ParseInt(string(spelled), 10, 64)
	if err != nil || seconds <= 0 || seconds >= maxSeconds {
		return time.Time{}, nil //nolint:nilerr // an invalid time reads as absent
	}

	return time.Unix(seconds, 0).UTC(), nil
}
