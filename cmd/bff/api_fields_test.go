package main

import (
	"errors"
	"strings"
	"testing"
)

func TestFieldsOfAnAPICall(t *testing.T) {
	read := func(file string) ([]byte, error) {
		if file != "note.txt" {
			return nil, errors.New("no such file")
		}

		return []byte("line\n"), nil
	}

	for name, test := range map[string]struct {
		texts, typed []string
		body, query  string // empty body: an error
	}{
		"texts":         {[]string{"a=1", "b=true", "c=", "d=x=y", "e=@note.txt"}, nil, `{"a":"1","b":"true","c":"","d":"x=y","e":"@note.txt"}`, "a=1&b=true&c=&d=x%3Dy&e=%40note.txt"},
		"typed":         {nil, []string{"a=1", "b=true", "c=null", "d=-1.50e3", "e=007", "f=1x", "g=@note.txt"}, `{"a":1,"b":true,"c":null,"d":-1.50e3,"e":"007","f":"1x","g":"line\n"}`, "a=1&b=true&c=null&d=-1.50e3&e=007&f=1x&g=line%0A"},
		"a big integer": {nil, []string{"a=18446744073709551616"}, `{"a":18446744073709551616}`, "a=18446744073709551616"},
		"an object":     {[]string{"a[b]=1", "a[c][d]=2"}, nil, `{"a":{"b":"1","c":{"d":"2"}}}`, "a%5Bb%5D=1&a%5Bc%5D%5Bd%5D=2"},
		"lists":         {[]string{"a[]=1", "a[]=2", "b[][c]=1", "b[][d]=2", "b[][c]=3"}, nil, `{"a":["1","2"],"b":[{"c":"1","d":"2"},{"c":"3"}]}`, "a%5B%5D=1&a%5B%5D=2&b%5B%5D%5Bc%5D=1&b%5B%5D%5Bc%5D=3&b%5B%5D%5Bd%5D=2"},
		"an empty list": {nil, []string{"a[]"}, `{"a":[]}`, "a%5B%5D="},
		"null, twice":   {nil, []string{"a=null", "a=null"}, "", "a=null&a=null"},
		"twice":         {[]string{"a=1", "a=2"}, nil, "", "a=1&a=2"},
		"two shapes":    {[]string{"a=1", "a[b]=2"}, nil, "", "a=1&a%5Bb%5D=2"},
		"also two":      {[]string{"a[]=1", "a[b]=2"}, nil, "", "a%5B%5D=1&a%5Bb%5D=2"},
		"no bracket":    {[]string{"a[b=1"}, nil, "", "a%5Bb=1"},
		"no value":      {[]string{"a"}, nil, "", ""},
		"no name":       {nil, []string{"=1"}, "", ""},
		"no file":       {nil, []string{"a=@other"}, "", ""},
	} {
		fields, err := apiFields(test.texts, test.typed, read)
		if err != nil {
			if test.body != "" || test.query != "" {
				t.Errorf("%s: got %v", name, err)
			}

			continue
		}

		if got := queryOf(fields).Encode(); got != test.query {
			t.Errorf("%s: got the query %s, want %s", name, got, test.query)
		}

		body, err := bodyOf(fields)
		if (err != nil) != (test.body == "") || string(body) != test.body && err == nil {
			t.Errorf("%s: got the body %s and %v, want %s", name, body, err, test.body)
		}
	}

	if body, err := bodyOf(nil); body != nil || err != nil {
		t.Errorf("no fields: got %s and %v, want no body", body, err)
	}
}

func TestInputOfAnAPICallIsBounded(t *testing.T) {
	for length, valid := range map[int]bool{maxInput: true, maxInput + 1: false} {
		p := program{input: strings.NewReader(strings.Repeat("x", length))}
		if content, err := p.readInput("-"); (err == nil) != valid || valid && len(content) != length {
			t.Errorf("%d bytes: got %d and %v", length, len(content), err)
		}
	}

	if content, err := (program{}).readInput("-"); content == nil || len(content) > 0 || err != nil {
		t.Errorf("no standard input: got %v and %v, want an empty body", content, err)
	}
}
