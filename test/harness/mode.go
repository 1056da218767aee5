package harness

import (
	"testing"
	"time"
)

// RetryUntil repeats a call as a good client does: it waits for Retry-After, at most until the deadline, and stops only
// at a final response.
func (p *Product) RetryUntil(t *testing.T, until time.Time, call func() (Response, error)) Response {
	t.Helper()

	for {
		got, err := call()

		again := got.Status >= 500 || got.Status == 429 || (got.Status == 409 && got.Header.Get("Retry-After") != "")
		if err == nil && !again {
			return got
		}

		if time.Now().After(until) {
			t.Fatalf("no final response in time; the last was %d %s (%v)", got.Status, got.Body, err)
		}

		wait, err := time.ParseDuration(got.Header.Get("Retry-After") + "s")
		if err != nil || wait > time.Second {
			wait = time.Second
		}
		time.Sleep(wait)
	}
}

// SettleToOneLiveKey connects again until no key name is uncertain, then checks OneLiveKey.
func (p *Product) SettleToOneLiveKey(t *testing.T, email string, keys int) {
	t.Helper()
	p.Connect(t, email)
	p.OneLiveKey(t, email, keys)
}

// activeFault is an active fault rule.
type activeFault struct {
	ID     string `json:"id"`
	Played int    `json:"played"`
}

// ActiveFaults lists the stand-ins' active fault rules.
func (p *Product) ActiveFaults(t *testing.T) []activeFault {
	t.Helper()
	var listed struct {
		Faults []activeFault `json:"faults"`
	}
	p.Control(t, "GET", "/faults", nil, &listed)

	return listed.Faults
}
