package upstash

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// The reader by tokens of a library, slower and plainly right: fuzz tests hold the reader of bytes to it.

type tokenReading func(*jsontext.Decoder) error

// tokenDescribed is a database object while it is read. Its credentials are read only when they must be revealed;
// else they are skipped like any other field we do not name.
type tokenDescribed struct {
	Database
	reveal                                 bool
	password, restToken, readOnlyRestToken string
}

// tokenListing reads the array of a list.
func tokenListing(decoder *jsontext.Decoder) (Listing, error) {
	if decoder.PeekKind() != '[' {
		return Listing{}, tokenShapeFault(decoder)
	}

	if _, err := decoder.ReadToken(); err != nil {
		return Listing{}, err
	}

	listing := Listing{Databases: []Database{}}
	for decoder.PeekKind() != ']' {
		if len(listing.Databases)+listing.Unreadable >= maxDatabases {
			return Listing{}, errTooMany
		}

		var object tokenDescribed
		if decoder.PeekKind() != '{' {
			if err := decoder.SkipValue(); err != nil {
				return Listing{}, err
			}
		} else if err := object.read(decoder); err != nil {
			return Listing{}, err
		}

		if !UsableID(object.ID) || object.Name == "" {
			listing.Unreadable++
			continue
		}
		listing.Databases = append(listing.Databases, object.Database)
	}
	_, err := decoder.ReadToken()

	return listing, err
}

// read is the allow-list: names are case-sensitive, and any other name is skipped.
func (o *tokenDescribed) read(decoder *jsontext.Decoder) error {
	o.TLS = true

	return tokenMembers(decoder, func(name []byte) (err error) {
		switch string(name) {
		case "database_id":
			o.ID, err = tokenText(decoder)
		case "database_name":
			o.Name, err = tokenText(decoder)
		case "database_type":
			o.Type, err = tokenText(decoder)
		case "type":
			o.Plan, err = tokenText(decoder)
		case "region":
			o.Region, err = tokenText(decoder)
		case "platform":
			o.Platform, err = tokenText(decoder)
		case "primary_region":
			o.PrimaryRegion, err = tokenText(decoder)
		case "read_regions":
			o.ReadRegions, err = tokenTexts(decoder)
		case "state":
			o.State, err = tokenText(decoder)
		case "modifying_state":
			o.Modifying, err = tokenText(decoder)
		case "endpoint":
			o.Endpoint, err = tokenText(decoder)
		case "port":
			o.Port, err = tokenPort(decoder)
		case "tls":
			o.TLS, err = tokenFlag(decoder, true)
		case "creation_time":
			o.CreatedAt, err = tokenMoment(decoder)
		default:
			if field := o.secret(name); field != nil {
				*field, err = tokenText(decoder)
				return err
			}
			err = decoder.SkipValue()
		}

		return err
	})
}

// secret returns the destination of a credential; nil for other names, or when nothing is revealed.
func (o *tokenDescribed) secret(name []byte) *string {
	if !o.reveal {
		return nil
	}

	switch string(name) {
	case "password":
		return &o.password
	case "rest_token":
		return &o.restToken
	case "read_only_rest_token":
		return &o.readOnlyRestToken
	}

	return nil
}

// A field of an unexpected type, or of absurd length, reads as absent: one odd value must not hide all databases of
// an account. Booleans and numbers may be strings, as some of the vendor's are.

// tokenText reads a string; "" for anything else.
func tokenText(decoder *jsontext.Decoder) (string, error) {
	if decoder.PeekKind() != '"' {
		return "", decoder.SkipValue()
	}

	raw, err := decoder.ReadValue()
	if err != nil || len(raw) > maxText {
		return "", err
	}

	return string(tokenContent(raw)), nil
}

// tokenTexts reads an array of strings and skips other elements; nil for any other value.
func tokenTexts(decoder *jsontext.Decoder) ([]string, error) {
	if decoder.PeekKind() != '[' {
		return nil, decoder.SkipValue()
	}

	if _, err := decoder.ReadToken(); err != nil {
		return nil, err
	}

	var found []string
	for decoder.PeekKind() != ']' {
		one, err := tokenText(decoder)
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

// tokenWord reads a string, a number or a boolean as it is spelled; "" for anything else.
func tokenWord(decoder *jsontext.Decoder) (string, error) {
	switch decoder.PeekKind() {
	case '"', '0', 't', 'f':
	default:
		return "", decoder.SkipValue()
	}

	raw, err := decoder.ReadValue()
	if err != nil || len(raw) > maxText {
		return "", err
	}

	return string(tokenContent(raw)), nil
}

// tokenPort reads a port; 0 for anything else.
func tokenPort(decoder *jsontext.Decoder) (int, error) {
	spelled, err := tokenWord(decoder)
	if err != nil {
		return 0, err
	}

	port, _ := strconv.ParseUint(spelled, 10, 16) // too large, negative, fractional: none
	if port > 65535 || strconv.FormatUint(port, 10) != spelled {
		return 0, nil
	}

	return int(port), nil
}

// tokenFlag reads a boolean, or returns the default.
func tokenFlag(decoder *jsontext.Decoder, usual bool) (bool, error) {
	spelled, err := tokenWord(decoder)
	if err != nil {
		return usual, err
	}

	switch spelled {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}

	return usual, nil
}

// tokenMoment reads seconds since 1970; the zero time for anything else.
func tokenMoment(decoder *jsontext.Decoder) (time.Time, error) {
	spelled, err := tokenWord(decoder)
	if err != nil {
		return time.Time{}, err
	}

	seconds, err := strconv.ParseInt(spelled, 10, 64)
	if err != nil || seconds <= 0 || seconds >= maxSeconds {
		return time.Time{}, nil //nolint:nilerr // nonsense reads as absent
	}

	return time.Unix(seconds, 0).UTC(), nil
}

// tokenContent is what a JSON string holds, or the literal itself. Without escapes it is a part of raw, not a copy.
func tokenContent(raw jsontext.Value) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}

	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	plain, _ := jsontext.AppendUnquote(nil, raw) // the decoder has checked it

	return plain
}

// tokenAnswer reads one value and rejects trailing data. Its errors do not quote the response.
func tokenAnswer(body io.Reader, read tokenReading) error {
	decoder := jsontext.NewDecoder(body)
	if err := read(decoder); err != nil {
		return tokenWordless(err)
	}

	switch _, err := decoder.ReadToken(); {
	case err == nil:
		return errTrailing
	case !errors.Is(err, io.EOF):
		return tokenWordless(err)
	}

	return nil
}

// tokenWordless replaces the decoder's errors, because their text may quote the response.
func tokenWordless(err error) error {
	for _, own := range []error{errShape, errNoKey, errNoID, errTooMany} {
		if errors.Is(err, own) {
			return own
		}
	}

	return errSyntax
}

// tokenMembers calls member with the name of every member of the next object. member reads the value, and must not
// use the name afterwards: its bytes belong to the decoder.
func tokenMembers(decoder *jsontext.Decoder, member func(name []byte) error) error {
	if decoder.PeekKind() != '{' {
		return tokenShapeFault(decoder)
	}

	if _, err := decoder.ReadToken(); err != nil {
		return err
	}

	for decoder.PeekKind() != '}' {
		raw, err := decoder.ReadValue()
		if err != nil {
			return err
		}

		if err := member(tokenContent(raw)); err != nil {
			return err
		}
	}
	_, err := decoder.ReadToken()

	return err
}

// tokenShapeFault distinguishes a value of another type from a missing value.
func tokenShapeFault(decoder *jsontext.Decoder) error {
	if err := decoder.SkipValue(); err != nil {
		return err
	}

	return fmt.Errorf("%w", errShape)
}

// tokenKey reads the one documented field of the response.
func tokenKey(decoder *jsontext.Decoder) (key string, err error) {
	err = tokenMembers(decoder, func(name []byte) (err error) {
		if string(name) != "api_key" {
			return decoder.SkipValue()
		}
		key, err = tokenText(decoder)

		return err
	})
	if err == nil && !usableKey(key) {
		err = errNoKey
	}

	return key, err
}
