package harness

import (
	"testing"
	"time"
)

// Patient repeats a call as a good client does: it waits as Retry-After says, no longer than the test can, and gives up
// on nothing but an answer that will not change.
func (p *Product) Patient(t *testing.T, until time.Time, call func() (Answer, error)) Answer {
	t.Helper()

	for {
		got, err := call()

		again := got.Status >= 500 || got.Status == 429 || (got.Status == 409 && got.Header.Get("Retry-After") != "")
		if err == nil && !again {
			return got
		}

		if time.Now().After(until) {
			t.Fatalf("no answer in time; the last was %d %s (%v)", got.Status, got.Body, err)
		}

		wait, err := time.ParseDuration(got.Header.Get("Retry-After") + "s")
		if err != nil || wait > time.Second {
			wait = time.Second
		}
		time.Sleep(wait)
	}
}

// OneKey is oneLiveKey, after the last names that are not certain have been settled by connecting again.
func (p *Product) OneKey(t *testing.T, email string, keys int) {
	t.Helper()
	p.Connect(t, email)
	p.OneLiveKey(t, email, keys)
}

// standingRule is a fault in force.
type standingRule struct {
	ID     string `json:"id"`
	Played int    `json:"played"`
}

// Standing are the faults in force at the stand-ins.
func (p *Product) Standing(t *testing.T) []standingRule {
	t.Helper()
	var listed struct {
		Faults []standingRule `json:"faults"`
	}
	p.Control(t, "GET", "/faults", nil, &listed)

	return listed.Faults
}
