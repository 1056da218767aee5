package api

import (
	"strconv"
	"strings"
)

// coding is a content coding (RFC 9110 section 8.4.1) of a document or a file of the page.
type coding string

const (
	identity coding = "identity" // uncompressed; never named in Content-Encoding (section 8.4)
	gzipped  coding = "gzip"
	brotli   coding = "br"
)

// codings are the compressed forms that the build writes, smallest first. The order decides if a browser accepts
// several with the same weight.
var codings = []struct {
	coding coding
	suffix string
}{{brotli, ".br"}, {gzipped, ".gz"}}

// acceptable returns the client's preferred coding among those available, or identity (RFC 9110 section 12.5.3).
//
// It decides two cases that the RFC leaves open. A client without the header gets identity: any coding would be
// allowed, but such clients usually decode none. A client that accepts no available coding, not even identity, gets
// identity instead of a less useful 406 ("disregard the header field", section 12.4.1).
func acceptable(header []string, available []coding) coding {
	if len(header) == 0 {
		return identity
	}
	accepted := weights(header)
	best, most := identity, accepted[string(identity)] // browsers that accept Brotli do not list identity

	for _, each := range available {
		weight, named := accepted[string(each)]
		if !named {
			weight = accepted["*"]
		}

		if weight > most || weight > 0 && weight == most && best == identity {
			best, most = each, weight
		}
	}

	return best
}

// weights parses the weights of the known codings, in thousandths. A malformed weight counts as 0: at worst the
// response is not compressed. It ignores other names: a header can contain thousands, and storing them would cost more
// than the response.
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

// thousandths parses a weight such as "q=0.5" (RFC 9110 section 12.4.2): 0 to 1, with three digits at most.
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
