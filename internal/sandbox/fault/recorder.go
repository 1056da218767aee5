package fault

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// recorder buffers a response, so that a fault can withhold all or part of it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// newRecorder starts with the headers that outer layers have already set.
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

// raw returns the bytes of the response on the wire, and how many of them belong to the body.
func (r *recorder) raw(request *http.Request) (wire []byte, body int) {
	r.WriteHeader(http.StatusOK)
	r.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	body = r.body.Len()
	response := http.Response{
		StatusCode: r.status, ProtoMajor: 1, ProtoMinor: 1, Request: request, Header: r.header,
		Body: io.NopCloser(&r.body), ContentLength: int64(body),
	}
	var written bytes.Buffer
	// Writing to memory cannot fail.
	_ = response.Write(&written)

	return written.Bytes(), body
}

// replace replaces the body of the response.
func (r *recorder) replace(contentType string, body []byte) {
	r.header.Set("Content-Type", contentType)
	r.body.Reset()
	r.body.Write(body)
}

// begin sends status and headers. length is the length of the body; a negative one means unknown.
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

// send sends the buffered response to the caller.
func (r *recorder) send(w http.ResponseWriter) {
	r.begin(w, r.body.Len())
	// Ignore the error: the caller may have disconnected.
	_, _ = r.body.WriteTo(w)
}
