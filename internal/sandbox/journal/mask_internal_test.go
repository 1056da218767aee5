package journal

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSecretsInJSONAreMasked(t *testing.T) {
	for name, row := range map[string]struct{ body, want string }{
		"by name":                {`{"api_key":"canary-0123456789","n":1}`, `{"api_key":"•••","n":1}`},
		"whatever the letters":   {`{"Rest_Token" : "canary-0123456789"}`, `{"Rest_Token" : "•••"}`},
		"named by escapes":       {`{"api\u005fkey":"canary-0123456789"}`, `{"api\u005fkey":"•••"}`},
		"of another type":        {`{"password":12345678,"secret":true,"token":null}`, `{"password":"•••","secret":"•••","token":null}`},
		"in a list":              {`{"api_key":["canary-0123456789",{"x":"canary-0123456789"}]}`, `{"api_key":["•••",{"x":"•••"}]}`},
		"in an object":           {`{"secret":{"of":"canary-0123456789"},"x":"y"}`, `{"secret":{"of":"•••"},"x":"y"}`},
		"in a list of objects":   {`[{"password":"canary-0123456789"},{"name":"n"}]`, `[{"password":"•••"},{"name":"n"}]`},
		"twice":                  {`{"code":"canary-0123456789","code":"canary-9876543210"}`, `{"code":"•••","code":"•••"}`},
		"cut in the middle":      {`{"a":"b","refresh_token":"canary-01234`, `{"a":"b","refresh_token":"•••"`},
		"with quotes in it":      {`{"password":"a\"canary-0123456789\\"}`, `{"password":"•••"}`},
		"learned, then repeated": {`{"secret":"canary-0123456789","error":"no canary-0123456789 here"}`, `{"secret":"•••","error":"no ••• here"}`},
		"a token by its looks":   {`{"error":"bad eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln token"}`, `{"error":"bad ••• token"}`},
		"a header by its looks":  {`{"trace":"Authorization: Basic YTpi"}`, `{"trace":"Authorization: Basic •••"}`},
		"as a name":              {`{"known-by-request":1}`, `{"•••":1}`},
		"not JSON":               {`oops known-by-request`, `oops •••`},
		"keys that are public":   {`{"keys":[{"kid":"a","n":"modulus","key_name":"K"}]}`, `{"keys":[{"kid":"a","n":"modulus","key_name":"K"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newMask().json([]byte(row.body), []string{"known-by-request"}); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestQueriesShowWhatIsOpen(t *testing.T) {
	m := newMask()
	for raw, want := range map[string]string{
		"client_id=spa&state=canary&scope=openid":        "client_id=spa&state=•••&scope=openid",
		"password=a&unknown=b&email=x%40y":               "password=•••&unknown=•••&email=x%40y",
		"redirect_uri=http%3A%2F%2Fx%2F%3Fcode%3Dcanary": "redirect_uri=http%3A%2F%2Fx%2F%3Fcode%3D%E2%80%A2%E2%80%A2%E2%80%A2",
		"%zz=canary&flag":                                "•••&flag",
	} {
		if got := m.query(raw); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}

	if got := m.address(
		"http://x/y?code=canary&error=access_denied#id_token=canary",
	); got != "http://x/y?code=•••&error=access_denied#id_token=•••" {
		t.Errorf("address: got %s", got)
	}
}

// Whatever the bytes, a secret under its name is masked, and nothing panics.
func FuzzMaskedJSON(f *testing.F) {
	f.Add(`{"a":[1,"x"],`, `,"b":null}`)
	f.Add(`{"`, `"`)
	f.Add(`]]}}{`, `\`)
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "canary-0123456789"
		m := newMask()
		m.learn(secret)

		if got := m.json(
			[]byte(before+`"api_key":"`+secret+`"`+after),
			[]string{secret},
		); strings.Contains(
			got, secret,
		) {
			t.Errorf("got %s", got)
		}
	})
}

// A long soak stays within the memory bounds, and the entries of one target evict none of another's.
func TestTheJournalIsBounded(t *testing.T) {
	j := New(time.Now)
	body := `{"x":"` + strings.Repeat("y", 20<<10) + `"}`
	serve := func(target string) {
		handler := j.Wrap(target, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		}))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/"+strings.Repeat("p", 5000), nil))
	}
	serve(Issuer)

	for range maxEntries + maxEntries/2 {
		serve(Upstash)
	}

	if got := len(j.Read(Filter{Targets: []string{Upstash}})); got > maxEntries || got < maxEntries/2 {
		t.Errorf("%d entries are kept, want at most %d and no less than half of them", got, maxEntries)
	}

	if got := len(j.Read(Filter{Targets: []string{Issuer}})); got != 1 {
		t.Errorf("the other target has %d entries, want its one", got)
	}
	size := 0

	entries := j.Read(Filter{Targets: []string{Upstash}})
	for _, entry := range entries {
		size += entry.Request.size() + entry.Response.size()
	}

	if size > maxDetailBytes || len(entries[0].Path) > maxPath {
		t.Errorf("%d bytes of detail and a path of %d", size, len(entries[0].Path))
	}

	last := entries[len(entries)-1]
	if last.Response == nil || last.Response.Bytes != int64(len(body)) || len(last.Response.Body) > maxBody+16 {
		t.Errorf("the last: got %+v, want its detail, cut", last.Response)
	}
}

func BenchmarkMaskedResponse(b *testing.B) {
	m := newMask()
	one := `{"database_id":"0f8fad5b-d9cb-469f-a165-70867728950e","database_name":"orders","password":"0123456789abcdef0123456789abcdef","endpoint":"127.0.0.1","port":6379,"rest_token":"AXXXACQgMGY4ZmFkNWItZDljYi00NjlmLWExNjUtNzA4Njc3Mjg5NTBl"},`
	body := []byte("[" + strings.Repeat(one, 16) + "]")
	b.SetBytes(int64(len(body)))

	for b.Loop() {
		m.json(body, []string{"Basic-credential-of-the-request"})
	}
}

func BenchmarkObserve(b *testing.B) {
	j := New(time.Now)
	for b.Loop() {
		j.Observe("SET", "0f8fad5b-d9cb-469f-a165-70867728950e", time.Millisecond)
	}
}
