package rest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// form is how a response is written.
type form struct {
	base64 bool
	resp2  bool
}

func formOf(header http.Header) (form, error) {
	var chosen form
	switch header.Get("Upstash-Encoding") {
	case "":
	case "base64":
		chosen.base64 = true
	default:
		return chosen, errEncoding
	}

	switch header.Get("Upstash-Response-Format") {
	case "", "json":
	case "resp2":
		chosen.resp2 = true
	default:
		return chosen, errFormat
	}

	if chosen.base64 && chosen.resp2 {
		return chosen, errEncodingFormat
	}

	return chosen, nil
}

// write sends the replies of a call: one, or one per command. If a single command failed, the status is 400; in a
// pipeline or a transaction each reply has its own error.
func (f form) write(w http.ResponseWriter, c call, replies []reply) {
	status := http.StatusOK
	if c.kind == single && replies[0].kind == typeError {
		status = http.StatusBadRequest
	}

	if f.resp2 && c.kind != transaction { // transactions return JSON only, as documented
		var raw []byte
		for _, each := range replies {
			raw = each.append(raw)
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.WriteHeader(status)
		_, _ = w.Write(raw) // the client may have disconnected

		return
	}

	if c.kind == single {
		writeJSON(w, status, f.envelope(replies[0]))
		return
	}

	envelopes := make([]map[string]any, len(replies))
	for i, each := range replies {
		envelopes[i] = f.envelope(each)
	}
	writeJSON(w, status, envelopes)
}

func (f form) envelope(r reply) map[string]any {
	if r.kind == typeError {
		return map[string]any{"error": string(r.text)}
	}

	return map[string]any{"result": f.value(r)}
}

// value converts the reply to JSON. Bytes that are not UTF-8 become U+FFFD, as documented, unless the strings are
// encoded; then every string is encoded except the status OK.
func (f form) value(r reply) any {
	switch {
	case r.null:
		return nil
	case r.kind == typeInt:
		return json.Number(r.text)
	case r.kind == typeArray:
		values := make([]any, len(r.items))
		for i, item := range r.items {
			values[i] = f.value(item)
		}

		return values
	case f.base64 && r.kind != typeError && (r.kind != typeStatus || string(r.text) != "OK"):
		return base64.StdEncoding.EncodeToString(r.text)
	default:
		return string(r.text)
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)

	if err := encoder.Encode(value); err != nil { // an invalid integer from the database
		body.Reset()
		status = http.StatusInternalServerError
		body.WriteString(`{"error":"` + string(errUnreachable) + `"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n"))) // the client may have disconnected
}
