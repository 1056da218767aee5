package harness

import (
	"fmt"
	"testing"
)

// Send writes one raw request of the account and returns the response.
func (m Member) Send(t *testing.T, method, target, more string) Response {
	t.Helper()
	return m.Raw(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n%sConnection: close\r\n\r\n",
		method, target, m.Host(), m.Header.Get("Authorization"), more))
}

// SendsNothing fails the test if run causes any upstream request.
func (f *Front) SendsNothing(t *testing.T, run func()) {
	t.Helper()
	before := f.Requests.Load()
	run()

	if after := f.Requests.Load(); after != before {
		t.Errorf("%d requests reached upstream, want none; the last was %s", after-before, *f.last.Load())
	}
}
