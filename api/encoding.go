package api

import (
	"strconv"
	"strings"
)

// coding is a content coding (RFC 9110 section 8.4.1) in which a file of the page is held.
type coding string

const (
	identity coding = "identity" // as it is; never named in Content-Encoding (section 8.4)
	gzipped  coding = "gzip"
	brotli   coding = "br"
)

// codings are those that the build writes, the smallest first: where a browser takes several alike, this order decides.
var codings = []struct {
	coding coding
	suffix string
}{{brotli, ".br"}, {gzipped, ".gz"}}

// acceptable picks one of the codings in which something is available, or identity (RFC 9110 section 12.5.3).
//
// Two cases are decided here that the RFC leaves open. Without the header a client gets identity: it may take
// anything, but those that say nothing are those that decode nothing. And a client that takes none of what there is,
// not even identity, gets identity rather than a 406, which would tell it less ("disregard the header field", section
// 12.4.1).
func acceptable(header []string, available []coding) coding {
	if len(header) == 0 {
		return identity
	}
	asked := weights(header)
	best, most := identity, asked[string(identity)] // a browser that takes Brotli does not say that it takes identity

	for _, each := range available {
		weight, named := asked[string(each)]
		if !named {
			weight = asked["*"]
		}

		if weight > most || weight > 0 && weight == most && best == identity {
			best, most = each, weight
		}
	}

	return best
}

// weights reads the codings that decide here, and their weights, in thousandths. What is not spelt as the RFC has it
// weighs nothing: the worst that comes of it is an answer that is not compressed. Other names are passed over: a header
// has room for thousands, and remembering them would cost more than the answer.
func weights(header []string) map[string]int {
	all := map[string]int{}
	for element := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, parameter, weighted := strings.Cut(element, ";")

		name = strings.ToLower(strings.TrimSpace(name))
		if name == "x-gzip" {
			name = string(gzipped) // "a recipient SHOULD consider [it] to be equivalent", section 8.4.1.3
		}

		switch name {
		case string(identity), string(gzipped), string(brotli), "*":
		default:
			continue
		}
		all[name] = 1000

		if weighted {
			all[name] = thousandths(parameter)
		}
	}

	return all
}

// thousandths reads a weight such as "q=0.5" (RFC 9110 section 12.4.2): 0 to 1, with three digits at most.
func thousandths(parameter string) int {
	text, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q=")
	whole, fraction, _ := strings.Cut(text, ".")

	if !found || (whole != "0" && whole != "1") || len(fraction) > 3 {
		return 0
	}

	value, err := strconv.ParseUint(whole+(fraction + "000")[:3], 10, 16)
	if err != nil || value > 1000 {
		return 0
	}

	return int(value)
}
