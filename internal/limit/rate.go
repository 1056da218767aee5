// Package limit implements rate limits per caller, independent of the caller's address and of how it authenticates.
//
// All limits use the generic cell rate algorithm (ITU-T I.371): a caller may use the full rate in one burst, and then
// one unit each time that a unit is available again. Fixed windows would allow twice the rate around their edges.
package limit

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Rate is a number of units per time. The zero Rate is unlimited.
type Rate struct {
	Count int           // units in one burst
	Per   time.Duration // time until all of them are available again
}

// Off reports whether the rate is unlimited.
func (r Rate) Off() bool { return r.Count == 0 }

// Every is the time until one unit is available again. It is rounded up to microseconds, the precision of the stores,
// so that the limit never exceeds the rate.
func (r Rate) Every() time.Duration {
	if r.Off() {
		return 0
	}
	count := time.Duration(r.Count) * time.Microsecond

	return (r.Per + count - 1) / count * time.Microsecond
}

// Burst is the time until the full rate is available again.
func (r Rate) Burst() time.Duration { return time.Duration(r.Count) * r.Every() }

// maxCount ensures that Every is at least one microsecond, for all units below.
const maxCount = 1_000_000

// ErrRate describes the syntax of a rate.
var ErrRate = errors.New("must be a rate such as 100/s, 30/m or 10/h, of at most 1000000, or off")

// ParseRate parses N/s, N/m or N/h. 0, with or without a unit, and off mean unlimited.
func ParseRate(value string) (Rate, error) {
	if value == "off" || value == "0" {
		return Rate{}, nil
	}
	number, unit, found := strings.Cut(value, "/")
	per, known := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]

	count, err := strconv.ParseUint(number, 10, 32) // unlike Atoi, rejects a sign
	if !found || !known || err != nil || count > maxCount {
		return Rate{}, ErrRate
	}

	if count == 0 {
		return Rate{}, nil
	}

	return Rate{Count: int(count), Per: per}, nil
}

// String formats the rate for ParseRate.
func (r Rate) String() string {
	unit, known := map[time.Duration]string{time.Second: "s", time.Minute: "m", time.Hour: "h"}[r.Per]
	switch {
	case r.Off():
		return "off"
	case !known:
		unit = r.Per.String()
	}

	return strconv.Itoa(r.Count) + "/" + unit
}
