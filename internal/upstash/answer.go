package upstash

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Every answer is read in one pass, token by token: what we do not use is skipped without being kept, and no map is
// built. The reader is strict about the form (one value, no name twice in one object, valid UTF-8, nothing behind it),
// because an answer that breaks it may be two answers; it is lenient about the types of single fields, because the
// vendor is: see field.go.

var (
	errTooLong  = errors.New("it is too long")
	errTrailing = errors.New("something follows the value")
	errShape    = errors.New("it has another shape")
	errSyntax   = errors.New("it is not valid JSON")
)

// bounded reads at most left bytes, and remembers whether reading or the bound was what failed.
type bounded struct {
	from io.Reader
	left int64
	err  error
}

// Read implements io.Reader.
func (b *bounded) Read(into []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}

	if int64(len(into)) > b.left+1 {
		into = into[:b.left+1] // one more than allowed shows that there is more
	}

	n, err := b.from.Read(into)
	if b.left -= int64(n); b.left < 0 {
		err = errTooLong
	}
	b.err = err

	return n, err
}

// fault says whether the answer was cut or cannot be used.
func (b *bounded) fault(method string, err error) error {
	switch {
	case errors.Is(b.err, errTooLong):
		return answerFault(method, errTooLong)
	case b.err != nil && !errors.Is(b.err, io.EOF):
		return transportFault(b.err, method, true)
	}

	return answerFault(method, err)
}

// readAnswer reads one value and wants nothing behind it. Its errors quote nothing of the answer.
func readAnswer(body io.Reader, read reading) error {
	decoder := jsontext.NewDecoder(body)
	if err := read(decoder); err != nil {
		return wordless(err)
	}

	switch _, err := decoder.ReadToken(); {
	case err == nil:
		return errTrailing
	case !errors.Is(err, io.EOF):
		return wordless(err)
	}

	return nil
}

// wordless replaces the decoder's errors, whose text may quote the answer.
func wordless(err error) error {
	for _, own := range []error{errShape, errNoKey, errNoID, errTooMany} {
		if errors.Is(err, own) {
			return own
		}
	}

	return errSyntax
}

// eachMember calls member with the name of every member of the object that comes next; member reads the value, and must
// be done with the name by then: its bytes are the decoder's.
func eachMember(decoder *jsontext.Decoder, member func(name []byte) error) error {
	if decoder.PeekKind() != '{' {
		return shapeFault(decoder)
	}

	if _, err := decoder.ReadToken(); err != nil {
		return err
	}

	for decoder.PeekKind() != '}' {
		raw, err := decoder.ReadValue()
		if err != nil {
			return err
		}

		if err := member(content(raw)); err != nil {
			return err
		}
	}
	_, err := decoder.ReadToken()

	return err
}

// shapeFault tells a value of another kind from none at all.
func shapeFault(decoder *jsontext.Decoder) error {
	if err := decoder.SkipValue(); err != nil {
		return err
	}

	return fmt.Errorf("%w", errShape)
}
