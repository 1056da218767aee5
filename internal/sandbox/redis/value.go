package redis

import (
	"errors"
	"strconv"
	"strings"
)

// kind is the first byte of a reply. https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md
type kind byte

const (
	kindStatus    kind = '+'
	kindError     kind = '-'
	kindInteger   kind = ':'
	kindBulk      kind = '$'
	kindArray     kind = '*'
	kindNull      kind = '_'
	kindBoolean   kind = '#'
	kindDouble    kind = ','
	kindBigNumber kind = '('
	kindVerbatim  kind = '='
	kindMap       kind = '%'
	kindSet       kind = '~'
	kindPush      kind = '>'

	// kindNullArray is RESP2's second null; RESP3 has only one.
	kindNullArray kind = 'n'
	// kindPairs is an array of arrays of two, which RESP2 sends as a flat list.
	kindPairs kind = 'p'
	// kindMapOfPairs holds arrays of two: a map in RESP3, an array in RESP2.
	kindMapOfPairs kind = 'm'
	// kindSeveral is a sequence of several replies to one command.
	kindSeveral kind = 's'
	// kindNothing is no reply: the client has disconnected.
	kindNothing kind = 0
)

// value is a reply, or a part of one, in RESP3. RESP2 has fewer types: see resp2.
type value struct {
	kind kind
	text string
	// items are the items of an array, a set or a push; for a map, names and values in turn.
	items []value
}

func status(text string) value { return value{kind: kindStatus, text: text} }

func failure(text string) value { return value{kind: kindError, text: text} }

func bulk(text string) value { return value{kind: kindBulk, text: text} }

func integerOf(n int) value { return value{kind: kindInteger, text: strconv.Itoa(n)} }

func array(items ...value) value { return value{kind: kindArray, items: items} }

func bulks(texts ...string) value {
	items := make([]value, len(texts))
	for i, one := range texts {
		items[i] = bulk(one)
	}

	return array(items...)
}

func (v value) failed() bool { return v.kind == kindError }

func (v value) null() bool { return v.kind == kindNull || v.kind == kindNullArray }

// number returns the value of an integer, and whether it is one.
func (v value) number() (int64, bool) {
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, v.kind == kindInteger && err == nil
}

// resp2 returns the value in RESP2's types.
func (v value) resp2() value {
	switch v.kind {
	case kindBoolean:
		return value{kind: kindInteger, text: map[string]string{"t": "1", "f": "0"}[v.text]}
	case kindDouble, kindBigNumber:
		return bulk(v.text)
	case kindVerbatim:
		_, text, _ := strings.Cut(v.text, ":")
		return bulk(text)
	case kindMap, kindSet, kindPush, kindMapOfPairs:
		v.kind = kindArray
	case kindPairs:
		v = v.flat(kindArray)
	}

	if len(v.items) > 0 {
		items := make([]value, len(v.items))
		for i, one := range v.items {
			items[i] = one.resp2()
		}
		v.items = items
	}

	return v
}

// flat concatenates the parts of all items.
func (v value) flat(k kind) value {
	flat := value{kind: k, items: make([]value, 0, 2*len(v.items))}
	for _, pair := range v.items {
		flat.items = append(flat.items, pair.items...)
	}

	return flat
}

// encode appends the value's encoding.
func (v value) encode(to []byte, resp3 bool) []byte {
	if !resp3 {
		v = v.resp2()
	}

	return v.append(to, resp3)
}

func (v value) append(to []byte, resp3 bool) []byte {
	switch v.kind {
	case kindPairs:
		v.kind = kindArray
	case kindMapOfPairs:
		v = v.flat(kindMap)
	}
	line := func(text string) []byte { return append(append(append(to, byte(v.kind)), text...), "\r\n"...) }

	switch v.kind {
	case kindNothing:
		return to
	case kindNull, kindNullArray:
		if resp3 {
			return append(to, "_\r\n"...)
		}

		return append(to, map[kind]string{kindNull: "$-1\r\n", kindNullArray: "*-1\r\n"}[v.kind]...)
	case kindStatus, kindError:
		return line(oneLine.Replace(v.text))
	case kindBulk, kindVerbatim:
		to = line(strconv.Itoa(len(v.text)))
		return append(append(to, v.text...), "\r\n"...)
	case kindArray, kindSet, kindPush:
		to = line(strconv.Itoa(len(v.items)))
	case kindMap:
		to = line(strconv.Itoa(len(v.items) / 2))
	case kindSeveral:
	default:
		return line(v.text)
	}

	for _, one := range v.items {
		to = one.append(to, resp3)
	}

	return to
}

var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

var errReply = errors.New("not a reply")

// parseReply reads the engine's reply, which is in RESP2. A command that says several things says kindSeveral.
func parseReply(raw string) (value, error) {
	var all []value
	for raw != "" {
		one, rest, err := parseOne(raw)
		if err != nil {
			return value{}, err
		}

		all, raw = append(all, one), rest
	}

	switch len(all) {
	case 0:
		return value{}, nil
	case 1:
		return all[0], nil
	default:
		return value{kind: kindSeveral, items: all}, nil
	}
}

func parseOne(raw string) (one value, rest string, err error) {
	line, rest, ok := strings.Cut(raw, "\r\n")
	if !ok || line == "" {
		return value{}, "", errReply
	}
	one = value{kind: kind(line[0]), text: line[1:]}

	if one.kind != kindBulk && one.kind != kindArray {
		return one, rest, nil
	}

	length, err := strconv.Atoi(one.text)
	switch {
	case err != nil:
		return value{}, "", errReply
	case length < 0 && one.kind == kindBulk:
		return value{kind: kindNull}, rest, nil
	case length < 0:
		return value{kind: kindNullArray}, rest, nil
	case one.kind == kindBulk && len(rest) < length+2:
		return value{}, "", errReply
	case one.kind == kindBulk:
		one.text = rest[:length]
		return one, rest[length+2:], nil
	}

	one.text, one.items = "", make([]value, 0, min(length, 1<<10))
	for range length {
		var item value
		if item, rest, err = parseOne(rest); err != nil {
			return value{}, "", err
		}
		one.items = append(one.items, item)
	}

	return one, rest, nil
}
