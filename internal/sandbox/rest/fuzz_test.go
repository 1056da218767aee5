package rest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzParse checks that the parser of requests either rejects or returns non-empty commands, and that a command is
// the same in the body, in a pipeline or, escaped, in the path.
func FuzzParse(f *testing.F) {
	f.Add("POST", "/", "", []byte(`["SET","foo","bar","EX",100]`))
	f.Add("GET", "/set/foo//b%2Far/", "EX=100&NX&_token=t", []byte("body"))
	f.Add("PUT", "/pipeline", "", []byte(`[["A",1.5e3,true],["B","\ud800\u0000"]]`))
	f.Add("POST", "/multi-exec", "", []byte(`[[]]`))
	f.Add("POST", "/subscribe/a/b%", "", []byte(`[]`))
	f.Add("POST", "//", "&=&%", []byte(`[null,{}`))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		parsed, err := parse(method, path, query, body)
		if err != nil {
			if _, refused := errors.AsType[refusal](err); !refused || err.Error() == "" {
				t.Fatalf("the error %#v is no refusal", err)
			}

			return
		}

		if len(parsed.commands) == 0 ||
			parsed.kind != pipeline && parsed.kind != transaction && len(parsed.commands) != 1 {
			t.Fatalf("a call of kind %d has %d commands", parsed.kind, len(parsed.commands))
		}

		for _, each := range parsed.commands {
			if len(each) == 0 {
				t.Fatal("an empty command")
			}
			_ = each.check(true, defaultMaxRequest)

			_ = each.check(false, defaultMaxRequest)
			if keys := each.keys(); len(keys) >= len(each) {
				t.Fatalf("%q has the keys %q", each, keys)
			}
			sameInOtherForms(t, each)
		}
	})
}

func sameInOtherForms(t *testing.T, words command) {
	t.Helper()

	path := ""
	for _, word := range words {
		path += "/" + url.PathEscape(word)
	}

	if kindOf(path) == single && words[len(words)-1] != "" { // an empty word at the end is a slash at the end
		inPath, err := parse(http.MethodGet, path, "", nil)
		if err != nil || !slices.Equal(inPath.commands[0], words) {
			t.Fatalf("%q came out of the path %s as %q (%v)", words, path, inPath.commands, err)
		}
	}

	if slices.ContainsFunc(words, func(word string) bool { return !utf8.ValidString(word) }) {
		return // JSON cannot express it
	}

	array, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}

	inBody, err := parse(http.MethodPost, "/", "", array)
	if err != nil || !slices.Equal(inBody.commands[0], words) {
		t.Fatalf("%q came out of the body as %q (%v)", words, inBody.commands, err)
	}

	inPipeline, err := parse(http.MethodPost, "/pipeline", "", []byte("["+string(array)+","+string(array)+"]"))
	if err != nil || len(inPipeline.commands) != 2 || !slices.Equal(inPipeline.commands[1], words) {
		t.Fatalf("%q came out of a pipeline as %q (%v)", words, inPipeline.commands, err)
	}
}

// FuzzReply checks that the reader of replies can write again what it accepts, and reads it back equal.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "-ERR\r\n", ":1\r\n", "$3\r\nabc\r\n", "*2\r\n$-1\r\n*-1\r\n", "*1000000\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := readReply(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		written := first.append(nil)

		second, err := readReply(bufio.NewReader(bytes.NewReader(written)))
		if err != nil || !bytes.Equal(second.append(nil), written) {
			t.Fatalf("%q was read, but %q was not (%v)", raw, written, err)
		}
		_ = form{base64: true}.envelope(first)
	})
}
