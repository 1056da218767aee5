package upstash_test

import (
	"net/http"
	"net/http/httptrace"
)

// keyed adds the header that makes Go's transport believe a POST may be sent twice.
type keyed struct {
	from   http.RoundTripper
	reused bool // whether the last request went over a connection used before
}

func (k *keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { k.reused = info.Reused },
	}))
	r.Header.Set("Idempotency-Key", "a-key")

	return k.from.RoundTrip(r)
}
