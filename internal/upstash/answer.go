package upstash

import (
	"errors"
	"io"
	"sync"
)

// Every answer is read in one pass over its bytes: what we do not use is checked and skipped, and nothing but the
// fields of the allow-list is kept. The reader is strict about the form (RFC 8259: one value, no name twice in one
// object, valid UTF-8, nothing behind it), because an answer that breaks it may be two answers; it is lenient about the
// types of single fields, because the vendor is: see field.go.

var (
	errTooLong  = errors.New("it is too long")
	errTrailing = errors.New("something follows the value")
	errShape    = errors.New("it has another shape")
	errSyntax   = errors.New("it is not valid JSON")
	errShort    = errors.New("it ends too early") // of what has arrived; more may come
)

const (
	windowSize       = 32 << 10 // a list of twenty databases; a longer list goes through it piece by piece
	maxPooledScratch = 16 << 10 // bytes of unescaped text that the pool keeps the memory of
	maxEmptyReads    = 100      // reads in a row that bring nothing
)

// answer is a body while it is read: a window onto its bytes, which holds at least one element of a list in whole, and
// what the reader remembers of the element. The bytes hold credentials. They live in the window and in scratch alone,
// both are zeroed before anybody else gets them, and what is kept of an answer is copied out. The shape alone stays for
// the next answer: the names that the vendor gives to members, which are the same for everybody and never leave.
type answer struct {
	from    io.Reader
	left    int64 // bytes that the body may still have
	failed  error // why no more bytes come: io.EOF, errTooLong, or the connection's error
	data    []byte
	at      int // the next byte of data
	used    int // bytes of the window that have ever held something
	scratch []byte
	names   names
	shape   shape
}

var answers = sync.Pool{New: func() any { return newAnswer(windowSize) }}

func newAnswer(window int) *answer {
	return &answer{data: make([]byte, 0, window), names: names{slots: make([]uint32, minSlots)}}
}

// decodeFunc reads the value of a successful answer. It may be called again, for another attempt.
type decodeFunc func(*answer) error

// readAnswer reads one value of at most limit bytes and wants nothing behind it. Its errors quote nothing of the
// answer.
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

// reset zeroes what the answer left behind. It reports whether the memory is worth keeping: it has not grown.
func (a *answer) reset() bool {
	clear(a.data[:a.used])
	clear(a.scratch[:cap(a.scratch)])
	a.from, a.failed, a.at, a.used = nil, nil, 0, 0
	a.data, a.scratch = a.data[:0], a.scratch[:0]
	a.names.reset()

	return cap(a.data) <= windowSize && cap(a.scratch) <= maxPooledScratch && a.names.small()
}

// readError says whether the answer was cut or cannot be used. What is wrong in the bytes that came is wrong whatever else
// would have come.
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

// fill reads until the window is full or the body ends. A body that begins like neither a list nor an object, a page of
// HTML above all, is not worth the wait for the rest.
func (a *answer) fill(first bool) {
	for idle := 0; len(a.data) < cap(a.data) && a.failed == nil; {
		free := a.data[len(a.data):cap(a.data)]
		if int64(len(free)) > a.left+1 {
			free = free[:a.left+1] // one more than allowed shows that there is more
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

// refill makes room for what comes after from, where the value begins that is not there in whole, and reads on. The
// caller reads that value from its beginning again; the window grows with it, so that all of it stays linear.
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

// nextToken is the first byte of what comes next, for as long as it may take to come.
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

// readValue reads one value, from its beginning again when it was not there in whole.
func (a *answer) readValue(read func() error) error {
	for {
		if _, err := a.nextToken(); err != nil {
			return err
		}
		from := a.at

		err := read()
		if err != errShort { //nolint:errorlint // it is never wrapped, and this is asked for each value
			return err
		}
		a.names.drop(0)

		if err := a.refill(from); err != nil {
			return err
		}
	}
}

// expectEnd wants nothing more than white space.
func (a *answer) expectEnd() error {
	if _, err := a.nextToken(); err == nil {
		return errTrailing
	}

	if errors.Is(a.failed, io.EOF) {
		return nil
	}

	return errShort
}

// shapeError tells a value of another kind from none at all.
func (a *answer) shapeError() error {
	if err := a.skip(1); err != nil {
		return err
	}

	return errShape
}
