package fault

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"time"
)

// recorder keeps an answer back, so that all or part of it can be withheld.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// newRecorder starts with the headers that outer layers have set already.
func newRecorder(w http.ResponseWriter) *recorder {
	return &recorder{header: maps.Clone(w.Header())}
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(body []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(body)
}

// raw gives the answer as its bytes on the wire.
func (r *recorder) raw(request *http.Request) []byte {
	r.WriteHeader(http.StatusOK)
	r.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	response := http.Response{
		StatusCode: r.status, ProtoMajor: 1, ProtoMinor: 1, Request: request, Header: r.header,
		Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()),
	}
	var wire bytes.Buffer
	// Writing to memory does not fail.
	_ = response.Write(&wire)
	return wire.Bytes()
}
