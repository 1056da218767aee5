package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// The points at which a fault drops the connection or withholds the response.
const (
	BeforeCommit = "before_commit"
	AfterCommit  = "after_commit"
)

// Limits on what one fault may send, so that a typo neither fills a disk nor runs for days.
const (
	maxMegabytes = 4096
	maxDelayMS   = 24 * 60 * 60 * 1000
)

// Do describes the fault. A delay combines with any other fault. Status, Headers and Body belong together: they
// replace the work, and the response may be cut, spoilt, padded or trickled like a real one. The other faults exclude
// each other.
type Do struct {
	Preset     string            `json:"preset,omitempty"` // the other members override the preset's
	DelayMS    int               `json:"delay_ms,omitempty"`
	DelayMaxMS int               `json:"delay_max_ms,omitempty"` // if set, the delay is random between the two
	Status     int               `json:"status,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       json.RawMessage   `json:"body,omitempty"` // a string is sent raw, any other value as JSON
	Fill       bool              `json:"fill,omitempty"` // replaces the placeholders of fill.go in Headers and Body
	Drop       string            `json:"drop,omitempty"`
	Hang       string            `json:"hang,omitempty"` // until the caller disconnects
	CutAtByte  *int              `json:"cut_at_byte,omitempty"`
	CutInBody  bool              `json:"cut_in_body,omitempty"` // half-way through the body
	Reset      bool              `json:"reset,omitempty"`       // ends a dropped or cut connection with RST instead of FIN
	Spoil      string            `json:"spoil,omitempty"`
	GzipBombMB int               `json:"gzip_bomb_mb,omitempty"` // unpacked
	PadMB      int               `json:"pad_mb,omitempty"`       // of white space before the answer
	TrickleMS  int               `json:"trickle_ms,omitempty"`   // between two bytes of the body
	COOP       string            `json:"coop,omitempty"`
}

// over returns base, overridden by the members of d that are set.
func (d Do) over(base Do) Do {
	base.Headers = maps.Clone(base.Headers) // decoding writes into the map
	// Encoding and decoding this package's own type cannot fail.
	raw, _ := json.Marshal(d)
	_ = json.Unmarshal(raw, &base)

	return base
}

func (d Do) check() error {
	var faults []error
	refuse := func(format string, arguments ...any) { faults = append(faults, fmt.Errorf(format, arguments...)) }

	if d.DelayMS < 0 || d.DelayMS > maxDelayMS {
		refuse("do.delay_ms: 0 to %d expected", maxDelayMS)
	}

	if d.DelayMaxMS != 0 && (d.DelayMaxMS < d.DelayMS || d.DelayMaxMS > maxDelayMS) {
		refuse("do.delay_max_ms: delay_ms to %d expected", maxDelayMS)
	}

	if d.Status != 0 && (d.Status < 200 || d.Status > 599) {
		refuse("do.status: 200 to 599 expected")
	}

	if d.Status == 0 && (len(d.Headers) > 0 || len(d.Body) > 0 || d.Fill) {
		refuse("do.status: required with headers, body or fill")
	}

	for name, value := range d.Headers {
		if !isHeaderName(name) || strings.ContainsAny(value, "\r\n\x00") {
			refuse("do.headers: %q is not a header name", name)
		}
	}

	for name, moment := range map[string]string{"drop": d.Drop, "hang": d.Hang} {
		if moment != "" && moment != BeforeCommit && moment != AfterCommit {
			refuse("do.%s: before_commit or after_commit expected", name)
		}
	}

	if d.CutAtByte != nil && *d.CutAtByte < 0 {
		refuse("do.cut_at_byte: must not be negative")
	}

	if _, known := spoilers[d.Spoil]; d.Spoil != "" && !known {
		refuse("do.spoil: one of %s expected", strings.Join(spoilerNames(), ", "))
	}

	for name, megabytes := range map[string]int{"gzip_bomb_mb": d.GzipBombMB, "pad_mb": d.PadMB} {
		if megabytes < 0 || megabytes > maxMegabytes {
			refuse("do.%s: 1 to %d expected", name, maxMegabytes)
		}
	}

	if d.TrickleMS < 0 || d.TrickleMS > maxDelayMS {
		refuse("do.trickle_ms: 1 to %d expected", maxDelayMS)
	}

	return errors.Join(append(faults, d.checkTogether())...)
}

// checkTogether rejects members that exclude each other.
func (d Do) checkTogether() error {
	var ways []string
	for _, way := range []struct {
		chosen bool
		name   string
	}{
		{d.Drop != "", "drop"},
		{d.Hang != "", "hang"},
		{d.CutAtByte != nil, "cut_at_byte"},
		{d.CutInBody, "cut_in_body"},
		{d.Spoil != "", "spoil"},
		{d.GzipBombMB > 0, "gzip_bomb_mb"},
		{d.PadMB > 0, "pad_mb"},
		{d.TrickleMS > 0, "trickle_ms"},
	} {
		if way.chosen {
			ways = append(ways, way.name)
		}
	}

	switch {
	case len(ways) > 1:
		return fmt.Errorf("do: %s exclude each other", strings.Join(ways, " and "))
	case d.Status != 0 && (d.Drop != "" || d.Hang != ""):
		return fmt.Errorf("do.%s: goes with a delay only", ways[0])
	case d.Reset && d.Drop == "" && d.CutAtByte == nil && !d.CutInBody:
		return errors.New("do.reset: goes with drop, cut_at_byte or cut_in_body")
	case len(ways) == 0 && d.DelayMS == 0 && d.DelayMaxMS == 0 && d.Status == 0 && d.COOP == "":
		return errors.New("do: no fault given")
	}

	return nil
}

// name returns the name of the fault in the journal.
func (d Do) name() string {
	if d.Preset != "" {
		return d.Preset
	}
	words := []string{}
	add := func(played bool, word string) {
		if played {
			words = append(words, word)
		}
	}
	add(d.DelayMS > 0 || d.DelayMaxMS > 0, "delay")
	add(d.Status != 0, "status")
	add(d.Drop != "", "drop_"+d.Drop)
	add(d.Hang != "", "hang_"+d.Hang)
	add(d.CutAtByte != nil || d.CutInBody, "cut")
	add(d.Reset, "reset")
	add(d.Spoil != "", d.Spoil)
	add(d.GzipBombMB > 0, "gzip_bomb")
	add(d.PadMB > 0, "pad")
	add(d.TrickleMS > 0, "trickle")
	add(d.COOP != "", "coop")

	return strings.Join(words, ",")
}

// delay returns how long to wait; draw is a random number from 0 to 1.
func (d Do) delay(draw float64) time.Duration {
	wait := time.Duration(d.DelayMS) * time.Millisecond
	if d.DelayMaxMS > d.DelayMS {
		wait += time.Duration(draw * float64(time.Duration(d.DelayMaxMS-d.DelayMS)*time.Millisecond))
	}

	return wait
}

// isHeaderName checks the syntax of RFC 9110 section 5.6.2.
func isHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// parseDo parses the fault header: a preset's name, or a fault in JSON.
func parseDo(text string) (Do, error) {
	do := Do{Preset: text}
	if strings.HasPrefix(text, "{") {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.DisallowUnknownFields()

		do = Do{}
		if err := decoder.Decode(&do); err != nil {
			return do, err
		}
	}

	rule, err := Rule{Do: do}.Resolve()
	if err != nil {
		return do, err
	}

	return rule.Do, rule.Do.check()
}

// Header requests a fault for the one request that carries it. Its value is a preset's name, or the "do" of a rule in
// JSON. A browser tab can be set to send it with every request.
const Header = "X-Sandbox-Fault"

func headerFault(r *http.Request) (text string, ok bool) {
	text = strings.TrimSpace(r.Header.Get(Header))
	return text, text != ""
}
