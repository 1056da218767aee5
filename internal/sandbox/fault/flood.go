package fault

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"time"
)

const megabyte = 1 << 20

// bomb sends compressed white space that unpacks to the given number of megabytes, then the real response. A reader
// without a limit on unpacked bytes runs out of memory. The sandbox compresses one megabyte and sends it repeatedly:
// a gzip file may have many members (RFC 1952 section 2.2).
func bomb(w http.ResponseWriter, real *recorder, megabytes int) {
	member, last := pack(bytes.Repeat([]byte{' '}, megabyte)), pack(real.body.Bytes())
	real.header.Set("Content-Encoding", "gzip")
	real.begin(w, -1)

	for range megabytes {
		if _, err := w.Write(member); err != nil {
			return
		}
	}
	_, _ = w.Write(last)
}

func pack(content []byte) []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	// Writing to memory cannot fail.
	_, _ = writer.Write(content)
	_ = writer.Close()

	return packed.Bytes()
}

// pad sends the given number of megabytes of white space before the real response, which JSON allows. A reader
// without a limit reads all of it.
func pad(w http.ResponseWriter, real *recorder, megabytes int) {
	portion := bytes.Repeat([]byte{' '}, 64<<10)
	real.begin(w, -1)

	for range megabytes * (megabyte / len(portion)) {
		if _, err := w.Write(portion); err != nil {
			return
		}
	}
	_, _ = real.body.WriteTo(w)
}

// trickle sends the body byte by byte.
func trickle(stopping context.Context, w http.ResponseWriter, r *http.Request, real *recorder, pause time.Duration) {
	real.begin(w, real.body.Len())

	ticker := time.NewTicker(pause)
	defer ticker.Stop()

	for _, b := range real.body.Bytes() {
		if _, err := w.Write([]byte{b}); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}

		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		case <-stopping.Done():
			return
		}
	}
}
