// Package load drives an HTTP/1.1 server over a fixed number of connections at minimal cost: prepared requests are
// sent in one write, responses are read and discarded, and every status is checked.
package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Response is the part of a response that was read.
type Response struct {
	Status int
	Body   int64 // bytes, without the framing of chunks
	Close  bool  // the server closes the connection behind it
}

var errResponse = errors.New("not an HTTP/1.1 response")

// ReadResponse reads one response and discards its body. It accepts what the measured servers send: a length or
// chunks, no trailers, no interim responses.
func ReadResponse(r *bufio.Reader) (Response, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return Response{}, err
	}

	if len(line) < 13 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return Response{}, errResponse
	}

	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return Response{}, errResponse
	}
	answer := Response{Status: status}

	length, chunked, err := readHeader(r, &answer)
	if err != nil {
		return answer, err
	}

	switch {
	case status == 204 || status == 304:
		return answer, nil
	case chunked:
		return answer, discardChunks(r, &answer)
	case length < 0:
		return answer, errResponse
	}

	answer.Body, err = discard(r, length)

	return answer, err
}

func readHeader(r *bufio.Reader, answer *Response) (length int64, chunked bool, err error) {
	length = -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}

		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, chunked, nil
		}

		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return 0, false, errResponse
		}
		value = bytes.TrimSpace(value)

		switch len(name) {
		case len("content-length"):
			if bytes.EqualFold(name, []byte("content-length")) {
				if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
					return 0, false, errResponse
				}
			}
		case len("transfer-encoding"):
			if bytes.EqualFold(name, []byte("transfer-encoding")) {
				chunked = bytes.EqualFold(value, []byte("chunked"))
			}
		case len("connection"):
			if bytes.EqualFold(name, []byte("connection")) {
				answer.Close = bytes.EqualFold(value, []byte("close"))
			}
		}
	}
}

func discardChunks(r *bufio.Reader, answer *Response) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}

		size, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(";"))

		length, err := strconv.ParseInt(string(size), 16, 64)
		if err != nil {
			return errResponse
		}

		if length == 0 {
			_, err = r.ReadSlice('\n')
			return err
		}
		answer.Body += length

		if _, err := discard(r, length+2); err != nil { // with its line end
			return err
		}
	}
}

// discard reads n bytes and no fewer.
func discard(r *bufio.Reader, n int64) (int64, error) {
	var done int64
	for done < n {
		part, err := r.Discard(int(min(n-done, 1<<30)))
		done += int64(part)

		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}

		if err != nil {
			return done, err
		}
	}

	return done, nil
}
