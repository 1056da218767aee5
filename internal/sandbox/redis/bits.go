package redis

import (
	"math/bits"
	"strconv"
	"strings"
)

// bitRange is a part of a string, in bits.
type bitRange struct{ from, to int } // to is exclusive

// bitsOf parses the range at the end of a command: optional arguments for start, end and unit. Like in Redis,
// negative positions count from the end. given is the number of these arguments.
func bitsOf(length int, words []string) (found bitRange, why string) {
	size := 8 * length
	unit, units := 8, length
	start, end := 0, units-1

	if len(words) > 3 {
		return found, textSyntax
	}

	if len(words) == 3 {
		switch strings.ToUpper(words[2]) {
		case "BYTE":
		case "BIT":
			unit, units = 1, size
			end = units - 1
		default:
			return found, textSyntax
		}
	}

	for i, at := range []*int{&start, &end} {
		if i < len(words) {
			number, err := strconv.Atoi(words[i])
			if err != nil {
				return found, textNotInt
			}
			*at = number
		}

		if *at < 0 {
			*at = max(0, units+*at)
		}
	}
	end = min(end, units-1)

	return bitRange{start * unit, max(start, end+1) * unit}, ""
}

func bitAt(text string, at int) int { return int(text[at/8]>>(7-at%8)) & 1 }

// adaptBitCount counts in bits, which the engine does not support.
func adaptBitCount(e *engine, a command) (command, value, bool) {
	if len(a.args) == 3 {
		return refuse(a, textSyntax)
	}

	if len(a.args) < 5 {
		return pass(a)
	}
	stored := e.dispatch(nil, []string{"GET", a.args[1]})

	if stored.failed() {
		return a, stored, true
	}

	found, why := bitsOf(len(stored.text), a.args[2:])
	if why != "" {
		return refuse(a, why)
	}
	count := 0

	for at := found.from; at < found.to && at < 8*len(stored.text); at++ {
		if at%8 == 0 && at+8 <= found.to {
			count += bits.OnesCount8(stored.text[at/8])
			at += 7

			continue
		}
		count += bitAt(stored.text, at)
	}

	return a, integerOf(count), true
}

func adaptBitPos(e *engine, a command) (command, value, bool) {
	wanted, err := strconv.Atoi(a.args[2])
	switch {
	case err != nil:
		return refuse(a, textNotInt)
	case wanted != 0 && wanted != 1:
		return refuse(a, "ERR The bit argument must be 1 or 0.")
	case len(a.args) < 6:
		return pass(a)
	}
	stored := e.dispatch(nil, []string{"GET", a.args[1]})

	if stored.failed() {
		return a, stored, true
	}

	found, why := bitsOf(len(stored.text), a.args[3:])
	if why != "" {
		return refuse(a, why)
	}

	for at := found.from; at < found.to; at++ {
		if bitAt(stored.text, at) == wanted {
			return a, integerOf(at), true
		}
	}

	return a, integerOf(-1), true
}
