package upstash

import (
	"errors"
	"io"
	"sync"
)

// A response is read in one pass over its bytes: unused values are checked and skipped, and only the fields of the
// allow-list are stored. The reader is strict about the syntax (RFC 8259: one value, no duplicate name in an object,
// valid UTF-8, nothing after the value), because a malformed response may be ambiguous. It is lenient about the types
// of single fields, because Upstash varies them: see field.go.

var (
	errTooLong  = errors.New("it is too long")
	errTrailing = errors.New("it has data after the value")
	errShape    = errors.New("it has an unexpected type")
	errSyntax   = errors.New("it is not valid JSON")
	errShort    = errors.New("it ends too early") // so far; more may arrive
)

const (
	windowSize       = 32 << 10 // a list of twenty databases; a longer list is read in pieces
	maxPooledScratch = 16 << 10 // larger buffers for unescaped text are not pooled
	maxEmptyReads    = 100      // consecutive reads without data
)

// answer is a response body being read: a window onto its bytes, which holds at least one complete element of a list,
// and the reader's state. The bytes contain credentials. They exist only in the window and in scratch, both of which
// are zeroed before reuse; stored values are copies. Only the shape survives for the next response: the member names
// that Upstash uses, which are the same for every account and never leave the process.
type answer struct {
	from    io.Reader
	left    int64 // bytes that the body may still contain
	failed  error // why reading ended: io.EOF, errTooLong, or the connection's error
	data    []byte
	at      int // position in data
	used    int // bytes of the window that were ever filled
	scratch []byte
	names   names
	shape   shape
}

var answers = sync.Pool{New: func() any { return newAnswer(windowSize) }}

func newAnswer(window int) *answer {
	return &answer{data: make([]byte, 0, window), names: names{slots: make([]uint32, minSlots)}}
}

// decodeFunc reads the value of a successful response. It may be called again for another attempt.
type decodeFunc func(*answer) error

// readAnswer reads one value of at most limit bytes and requires that nothing follows it. Its errors quote nothing
// from the response.
func readAnswer(method string, body io.Reader, limit int64, read decodeFunc) error {
	a := answers.Get().(*answer)
	defer func() {
		if a.reset() {
			answers.Put(a)
		}
	}()

	return a.readAll(method, body, limit, read)
}

func (a *answer) readAll(method string, body io.Reader, limit int64, read decodeFunc) error {
	a.from, a.left = body, limit

	a.fill(true)

	err := read(a)
	if err == nil {
		err = a.expectEnd()
	}

	if err != nil {
		return a.readError(method, err)
	}

	return nil
}

// reset zeroes the answer's buffers. It reports whether the answer should return to the pool: its buffers have not
// grown.
func (a *answer) reset() bool {
	clear(a.data[:a.used])
	clear(a.scratch[:cap(a.scratch)])
	a.from, a.failed, a.at, a.used = nil, nil, 0, 0
	a.data, a.scratch = a.data[:0], a.scratch[:0]
	a.names.reset()

	return cap(a.data) <= windowSize && cap(a.scratch) <= maxPooledScratch && a.names.small()
}

// readError distinguishes an incomplete response from an unusable one. An error in the received bytes counts as
// unusable, whatever else would have arrived.
func (a *answer) readError(method string, err error) error {
	switch {
	case !errors.Is(err, errShort):
		return answerError(method, err)
	case errors.Is(a.failed, io.EOF):
		return answerError(method, errSyntax)
	case errors.Is(a.failed, errTooLong):
		return answerError(method, errTooLong)
	}

	return transportError(a.failed, method, true)
}

// fill reads until the window is full or the body ends. It does not wait for the rest of a body that begins like
// neither a list nor an object, such as an HTML page.
func (a *answer) fill(first bool) {
	for idle := 0; len(a.data) < cap(a.data) && a.failed == nil; {
		free := a.data[len(a.data):cap(a.data)]
		if int64(len(free)) > a.left+1 {
			free = free[:a.left+1] // one byte over the limit shows that there is more
		}

		n, err := a.from.Read(free)
		a.data = a.data[:len(a.data)+n]
		a.used = max(a.used, len(a.data))

		if a.left -= int64(n); a.left < 0 {
			err = errTooLong
		}

		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle > maxEmptyReads {
			err = io.ErrNoProgress
		}
		a.failed = err

		if first && len(a.data) > 0 && !opens(a.data[0]) {
			return
		}
	}
}

// opens reports whether a list, an object or white space can begin with the byte.
func opens(b byte) bool { return b == '[' || b == '{' || b <= ' ' }

// refill makes room after from, where an incomplete value begins, and reads on. The caller reads that value again from
// its beginning; the window doubles with it, so the total work stays linear.
func (a *answer) refill(from int) error {
	if a.failed != nil {
		return errShort
	}
	rest := a.data[from:]

	if 2*len(rest) > cap(a.data) {
		grown := make([]byte, len(rest), 2*cap(a.data))
		copy(grown, rest)
		clear(a.data[:a.used])
		a.data, a.used = grown, len(grown)
	} else {
		a.data = a.data[:copy(a.data, rest)]
	}
	a.at = 0
	a.fill(false)

	return nil
}

// nextToken returns the first byte of the next token, and waits until it arrives.
func (a *answer) nextToken() (byte, error) {
	for {
		c, err := a.peek()
		if err == nil {
			return c, nil
		}

		if err := a.refill(a.at); err != nil {
			return 0, err
		}
	}
}

// readValue reads one value, again from its beginning whenever it was incomplete.
func (a *answer) readValue(read func() error) error {
	for {
		if _, err := a.nextToken(); err != nil {
			return err
		}
		from := a.at

		err := read()
		if err != errShort { //nolint:errorlint // never wrapped, and compared for each value
			return err
		}
		a.names.drop(0)

		if err := a.refill(from); err != nil {
			return err
		}
	}
}

// expectEnd returns an error unless only white space follows.
func (a *answer) expectEnd() error {
	if _, err := a.nextToken(); err == nil {
		return errTrailing
	}

	if errors.Is(a.failed, io.EOF) {
		return nil
	}

	return errShort
}

// shapeError returns errShape for a valid value of another type, or the syntax error.
func (a *answer) shapeError() error {
	if err := a.skip(1); err != nil {
		return err
	}

	return errShape
}
