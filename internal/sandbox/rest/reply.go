package rest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The first byte of each type of reply in RESP2.
const (
	typeStatus = '+'
	typeError  = '-'
	typeInt    = ':'
	typeBulk   = '$'
	typeArray  = '*'
)

// reply is one reply of a database. A null reply is a bulk string or an array.
type reply struct {
	kind  byte
	null  bool
	text  []byte
	items []reply
}

var errProtocol = errors.New("the database does not speak RESP2")

// maxLength limits the length that a reply may announce, in bytes or items: Redis' own limit of a string.
const maxLength = 512 << 20

// readReply reads one reply. It allocates memory for what arrives, not for what is announced.
// https://redis.io/docs/latest/develop/reference/protocol-spec/
func readReply(r *bufio.Reader) (reply, error) {
	head, err := r.ReadBytes('\n')
	if err != nil {
		return reply{}, err
	}

	if len(head) < 3 || head[len(head)-2] != '\r' {
		return reply{}, errProtocol
	}

	kind, text := head[0], head[1:len(head)-2]
	switch kind {
	case typeStatus, typeError, typeInt:
		return reply{kind: kind, text: text}, nil
	case typeBulk, typeArray:
	default:
		return reply{}, fmt.Errorf("%w: a reply of type %q", errProtocol, kind)
	}

	length, err := strconv.Atoi(string(text))
	if err != nil || length < -1 || length > maxLength {
		return reply{}, fmt.Errorf("%w: a length of %q", errProtocol, text)
	}

	switch {
	case length == -1:
		return reply{kind: kind, null: true}, nil
	case kind == typeBulk:
		return readBulk(r, length)
	}

	items := []reply{}
	for range length {
		item, err := readReply(r)
		if err != nil {
			return reply{}, err
		}
		items = append(items, item)
	}

	return reply{kind: kind, items: items}, nil
}

func readBulk(r *bufio.Reader, length int) (reply, error) {
	text, err := io.ReadAll(io.LimitReader(r, int64(length)+2))
	switch {
	case err != nil:
		return reply{}, err
	case len(text) < length+2:
		return reply{}, io.ErrUnexpectedEOF
	case string(text[length:]) != "\r\n":
		return reply{}, errProtocol
	}

	return reply{kind: typeBulk, text: text[:length]}, nil
}

// failed makes an error reply.
func failed(text string) reply { return reply{kind: typeError, text: []byte(text)} }

// size is the total length of the texts in the reply, in bytes.
func (r reply) size() int64 {
	size := int64(len(r.text))
	for _, item := range r.items {
		size += item.size()
	}

	return size
}

// append writes the reply as RESP2.
func (r reply) append(to []byte) []byte {
	to = append(to, r.kind)
	switch {
	case r.null:
		to = append(to, "-1"...)
	case r.kind == typeBulk:
		to = strconv.AppendInt(to, int64(len(r.text)), 10)
		to = append(append(to, "\r\n"...), r.text...)
	case r.kind == typeArray:
		to = append(strconv.AppendInt(to, int64(len(r.items)), 10), "\r\n"...)
		for _, item := range r.items {
			to = item.append(to)
		}

		return to
	default:
		to = append(to, r.text...)
	}

	return append(to, "\r\n"...)
}
