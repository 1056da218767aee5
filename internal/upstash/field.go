package upstash

import (
	"bytes"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// A field of a type we do not expect, or of absurd length, reads as absent: one odd value must not hide every database
// of an account. Booleans and numbers may come as strings, as some of the vendor's do.

const maxText = 4096

// text reads a string; "" for anything else.
func text(decoder *jsontext.Decoder) (string, error) {
	if decoder.PeekKind() != '"' {
		return "", decoder.SkipValue()
	}

	raw, err := decoder.ReadValue()
	if err != nil || len(raw) > maxText {
		return "", err
	}

	return string(content(raw)), nil
}

// texts reads an array of strings and leaves out what is none; nil for anything else.
func texts(decoder *jsontext.Decoder) ([]string, error) {
	if decoder.PeekKind() != '[' {
		return nil, decoder.SkipValue()
	}

	if _, err := decoder.ReadToken(); err != nil {
		return nil, err
	}

	var found []string
	for decoder.PeekKind() != ']' {
		one, err := text(decoder)
		if err != nil {
			return nil, err
		}

		if one != "" && len(found) < maxTexts {
			found = append(found, one)
		}
	}
	_, err := decoder.ReadToken()

	return found, err
}

const maxTexts = 100

// word reads a string, a number or a boolean as it is spelt; "" for anything else.
func word(decoder *jsontext.Decoder) (string, error) {
	switch decoder.PeekKind() {
	case '"', '0', 't', 'f':
	default:
		return "", decoder.SkipValue()
	}

	raw, err := decoder.ReadValue()
	if err != nil || len(raw) > maxText {
		return "", err
	}

	return string(content(raw)), nil
}

// portNumber reads a port; 0 for anything else.
func portNumber(decoder *jsontext.Decoder) (int, error) {
	spelt, err := word(decoder)
	if err != nil {
		return 0, err
	}

	port, _ := strconv.ParseUint(spelt, 10, 16) // too large, negative, fractional: none
	if port > 65535 || strconv.FormatUint(port, 10) != spelt {
		return 0, nil
	}

	return int(port), nil
}

// flag reads a boolean; otherwise what is usual.
func flag(decoder *jsontext.Decoder, usual bool) (bool, error) {
	spelt, err := word(decoder)
	if err != nil {
		return usual, err
	}

	switch spelt {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}

	return usual, nil
}

// moment reads seconds since 1970; the zero time for anything else.
func moment(decoder *jsontext.Decoder) (time.Time, error) {
	spelt, err := word(decoder)
	if err != nil {
		return time.Time{}, err
	}

	seconds, err := strconv.ParseInt(spelt, 10, 64)
	if err != nil || seconds <= 0 || seconds >= maxSeconds {
		return time.Time{}, nil //nolint:nilerr // nonsense reads as absent
	}

	return time.Unix(seconds, 0).UTC(), nil
}

const maxSeconds = 253402300800 // the year 10000, which RFC 3339 cannot write

// content is what a JSON string holds, or the literal itself. Without escapes it is a part of raw, not a copy.
func content(raw jsontext.Value) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}

	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	plain, _ := jsontext.AppendUnquote(nil, raw) // the decoder has checked it

	return plain
}
