package fault

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
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

// raw gives the answer as its bytes on the wire, and how many of them are the body's.
func (r *recorder) raw(request *http.Request) (wire []byte, body int) {
	r.WriteHeader(http.StatusOK)
	r.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	body = r.body.Len()
	response := http.Response{
		StatusCode: r.status, ProtoMajor: 1, ProtoMinor: 1, Request: request, Header: r.header,
		Body: io.NopCloser(&r.body), ContentLength: int64(body),
	}
	var written bytes.Buffer
	// Writing to memory does not fail.
	_ = response.Write(&written)

	return written.Bytes(), body
}

// replace puts another body instead of the real one.
func (r *recorder) replace(contentType string, body []byte) {
	r.header.Set("Content-Type", contentType)
	r.body.Reset()
	r.body.Write(body)
}

// begin sends status and headers; what follows is of the length given, or of one not known yet when it is negative.
func (r *recorder) begin(w http.ResponseWriter, length int) {
	r.WriteHeader(http.StatusOK)
	header := w.Header()
	maps.Copy(header, r.header)
	header.Del("Content-Length")

	if length >= 0 {
		header["Content-Length"] = []string{strconv.Itoa(length)}
	}
	w.WriteHeader(r.status)
}

// send gives the answer to the caller after all.
func (r *recorder) send(w http.ResponseWriter) {
	r.begin(w, r.body.Len())
	// The caller may be gone; there is nobody left to tell.
	_, _ = r.body.WriteTo(w)
}
