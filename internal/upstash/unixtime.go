package upstash

import (
	"bytes"
	"strconv"
	"time"
)

// unixTime reads seconds since 1970 from a number or, as one vendor tool types it, a string. Nonsense reads as zero
// rather than spoiling the whole list.
type unixTime time.Time

// UnmarshalJSON never fails.
func (t *unixTime) UnmarshalJSON(data []byte) error {
	seconds, err := strconv.ParseInt(string(bytes.Trim(data, `"`)), 10, 64)
	if err == nil && seconds > 0 && seconds < 1<<40 {
		*t = unixTime(time.Unix(seconds, 0).UTC())
	}
	return nil
}
