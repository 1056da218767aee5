package redis

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"time"
)

// image is all data of a database at one moment, as a file or a backup stores it. Values are bytes, never text.
// Expiries are absolute times, so that they continue while nothing runs.
type image struct {
	Keys []keyImage
}

type keyImage struct {
	Name    string
	Type    string // as TYPE names it
	Expires time.Time
	// Values are the string; fields and values of a hash; elements of a list; members of a set; members and scores of a
	// sorted set.
	Values []string
	// Fields say when fields of a hash expire.
	Fields map[string]time.Time
	// Entries and Groups are a stream's.
	Entries []entryImage
	Groups  []groupImage
}

type entryImage struct {
	ID     string
	Values []string
}

type groupImage struct {
	Name    string
	LastID  string
	Pending []pendingImage
}

type pendingImage struct {
	ID, Consumer string
	Delivered    time.Time
	Count        int
}

// imageForm starts every encoded image; a new format has a new one.
const imageForm = "bff sandbox redis 1\n"

// errImage is returned for bytes that are not an image.
var errImage = errors.New("not the data of a sandbox database")

func (i image) encode() ([]byte, error) {
	var encoded bytes.Buffer
	encoded.WriteString(imageForm)

	if err := gob.NewEncoder(&encoded).Encode(i); err != nil {
		return nil, fmt.Errorf("encode the data: %w", err)
	}

	return encoded.Bytes(), nil
}

func decodeImage(encoded []byte) (image, error) {
	rest, ok := bytes.CutPrefix(encoded, []byte(imageForm))
	if !ok {
		return image{}, errImage
	}

	var decoded image
	if err := gob.NewDecoder(bytes.NewReader(rest)).Decode(&decoded); err != nil {
		return image{}, fmt.Errorf("%w: %w", errImage, err)
	}

	return decoded, nil
}
