package rest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// form is how an answer is written.
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

// write answers with the replies of a call: one, or as many as it has commands. A single command that failed is 400; in
// a pipeline and a transaction each reply tells for itself.
func (f form) write(w http.ResponseWriter, c call, replies []reply) {
	status := http.StatusOK
	if c.kind == single && replies[0].kind == typeError {
		status = http.StatusBadRequest
	}

	if f.resp2 && c.kind != transaction { // transactions are answered in JSON alone, as documented
		var raw []byte
		for _, each := range replies {
			raw = each.append(raw)
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.WriteHeader(status)
		_, _ = w.Write(raw) // the client may be gone; there is nobody left to tell

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

// value is the reply as JSON has it. Bytes that are no UTF-8 become U+FFFD, as documented, unless they are encoded;
// then every string is, but the status OK.
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

	if err := encoder.Encode(value); err != nil { // an invalid integer of the database
		body.Reset()
		status = http.StatusInternalServerError
		body.WriteString(`{"error":"` + string(errUnreachable) + `"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n"))) // the client may be gone
}
