package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// limits bound one command.
type limits struct {
	arguments int // number of arguments
	bytes     int // total size
}

// An unauthenticated client has Redis' own limit for such clients. An authenticated one has the smallest maximum
// request size of Upstash's plans (10 MB).
var (
	strangerLimits = limits{arguments: 10, bytes: 16 << 10}
	clientLimits   = limits{arguments: 1 << 20, bytes: clientBytes}
)

const clientBytes = 10 << 20

// maxLine limits a line of the protocol, and so a command typed by hand.
const maxLine = 64 << 10

// malformed is input after which the rest cannot be parsed.
type malformed struct{ why string }

func (m malformed) Error() string { return "ERR Protocol error: " + m.why }

// tooLarge is a command beyond the limit. It was read and discarded.
type tooLarge struct{ limit, actual int }

func (t tooLarge) Error() string { return fmt.Sprintf(textTooLarge, t.limit, t.actual) }

// readRequest reads one command: an array of bulk strings, or a line of words as a person types it. Empty ones are
// skipped, as Redis does.
func readRequest(r *bufio.Reader, bound limits) ([]string, error) {
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}

		if !strings.HasPrefix(line, "*") {
			args, ok := splitWords(line)
			if !ok {
				return nil, malformed{"unbalanced quotes in request"}
			}

			if len(args) == 0 {
				continue
			}

			return args, nil
		}

		count, err := strconv.Atoi(line[1:])
		if err != nil || count > bound.arguments {
			return nil, malformed{"invalid multibulk length"}
		}

		if count <= 0 {
			continue
		}

		return readBulks(r, count, bound)
	}
}

func readBulks(r *bufio.Reader, count int, bound limits) ([]string, error) {
	args := make([]string, 0, min(count, 64))

	total := 0
	for range count {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}

		if !strings.HasPrefix(line, "$") {
			return nil, malformed{fmt.Sprintf("expected '$', got '%.1q'", line)}
		}

		length, err := strconv.Atoi(line[1:])
		if err != nil || length < 0 || length > 512<<20 {
			return nil, malformed{"invalid bulk length"}
		}

		total += length
		if total > bound.bytes {
			// Store nothing, but read everything the client sends, so that it receives the error.
			if bound == strangerLimits {
				return nil, malformed{"unauthenticated bulk length"}
			}
			args = nil

			if _, err := r.Discard(length); err != nil {
				return nil, err
			}
		} else {
			bulk := make([]byte, length)
			if _, err := io.ReadFull(r, bulk); err != nil {
				return nil, err
			}
			args = append(args, string(bulk))
		}

		if end, err := readLine(r); err != nil {
			return nil, err
		} else if end != "" {
			return nil, malformed{"bulk string without its end"}
		}
	}

	if total > bound.bytes {
		return nil, tooLarge{bound.bytes, total}
	}

	return args, nil
}

func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')

		line = append(line, part...)
		if len(line) > maxLine {
			return "", malformed{"too big inline request"}
		}

		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}

		if err != nil {
			return "", err
		}

		return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
	}
}

// splitWords splits a typed line at spaces. Double quotes hold a word together and take \n, \r, \t, \xHH and the like;
// single quotes take only \'.
func splitWords(line string) (words []string, ok bool) {
	for rest := strings.TrimLeft(line, " \t\x00"); rest != ""; rest = strings.TrimLeft(rest, " \t\x00") {
		var word string
		switch rest[0] {
		case '"':
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, false
			}

			word, err = strconv.Unquote(quoted)
			if err != nil {
				return nil, false
			}
			rest = rest[len(quoted):]
		case '\'':
			end := 1
			for end < len(rest) && rest[end] != '\'' {
				if strings.HasPrefix(rest[end:], `\'`) {
					end++
				}
				end++
			}

			if end >= len(rest) {
				return nil, false
			}
			word = strings.ReplaceAll(rest[1:end], `\'`, `'`)
			rest = rest[end+1:]
		default:
			end := strings.IndexAny(rest, " \t")
			if end < 0 {
				end = len(rest)
			}
			word, rest = rest[:end], rest[end:]
			words = append(words, word)
			continue
		}

		if rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			return nil, false
		}
		words = append(words, word)
	}

	return words, true
}
