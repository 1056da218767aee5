// Package limit bounds how much one caller may do. A limit is per caller, however it comes in and from whatever
// address.
//
// All limits are the generic cell rate algorithm (ITU-T I.371): a caller may do the whole of a rate at once, and then
// one thing each time that a unit of it has grown back. There is no window whose edge would let twice the rate through.
package limit

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Rate is how much may be done in how long. The zero Rate sets no bound.
type Rate struct {
	Count int           // at once
	Per   time.Duration // until that many have grown back
}

// Off reports whether the rate bounds nothing.
func (r Rate) Off() bool { return r.Count == 0 }

// Every is how long one unit takes to grow back, rounded up to what stores keep: microseconds. So never more than the
// rate is let through.
func (r Rate) Every() time.Duration {
	if r.Off() {
		return 0
	}
	count := time.Duration(r.Count) * time.Microsecond

	return (r.Per + count - 1) / count * time.Microsecond
}

// Burst is how long the whole rate takes to grow back.
func (r Rate) Burst() time.Duration { return time.Duration(r.Count) * r.Every() }

// mostCount keeps a unit's time at no less than a microsecond, with any of the units below.
const mostCount = 1_000_000

// ErrRate says how a rate is written.
var ErrRate = errors.New("is not a rate such as 100/s, 30/m or 10/h, of at most 1000000, or off")

// ParseRate reads N/s, N/m or N/h; 0, with or without a unit, and off set no bound.
func ParseRate(value string) (Rate, error) {
	if value == "off" || value == "0" {
		return Rate{}, nil
	}
	number, unit, found := strings.Cut(value, "/")
	per, known := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]

	count, err := strconv.ParseUint(number, 10, 32) // unlike Atoi it takes no sign
	if !found || !known || err != nil || count > mostCount {
		return Rate{}, ErrRate
	}

	if count == 0 {
		return Rate{}, nil
	}

	return Rate{Count: int(count), Per: per}, nil
}

// String is the rate as ParseRate reads it.
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
