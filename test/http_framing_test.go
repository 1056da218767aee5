package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// smuggled is a request that must never get a response: it is hidden in the body of another.
const smuggled = "GET /api/v1/config HTTP/1.1\r\nHost: %s\r\nX-Request-ID: smuggled\r\n\r\n"

// Threat model: H01.
func TestAmbiguousFramingIsRejected(t *testing.T) {
	m := harness.StartWithMember(t)
	hidden := fmt.Sprintf(smuggled, m.Host())
	head := func(lines string) string {
		return "POST " + harness.DatabasesPath + " HTTP/1.1\r\nHost: " + m.Host() + "\r\nAuthorization: " + m.Header.Get(
			"Authorization",
		) + "\r\nContent-Type: application/json\r\n" + lines + "\r\n"
	}
	chunk := func(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }
	rows := map[string]struct {
		request string
		// by net/http, with 400 or 501, and the connection is closed; else it is let through and nothing is out of step
		refused bool
	}{
		"length and chunks": {
			head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n" + hidden,
			false,
		},
		"chunks and length": {
			head(
				fmt.Sprintf("Transfer-Encoding: chunked\r\nContent-Length: %d\r\n", len(hidden)+5),
			) + "0\r\n\r\n" + hidden,
			false,
		},
		"chunks twice": {
			head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + chunk(hidden),
			true,
		},
		"chunks in a list": {head("Transfer-Encoding: chunked, chunked\r\n") + chunk(hidden), true},
		"chunks and identity": {
			head("Transfer-Encoding: identity, chunked\r\n") + chunk(hidden),
			true,
		},
		"gzip":                        {head("Transfer-Encoding: gzip\r\n") + hidden, true},
		"an unknown coding":           {head("Transfer-Encoding: xchunked\r\n") + chunk(hidden), true},
		"chunked with a space before": {head("Transfer-Encoding : chunked\r\n") + chunk(hidden), true},
		"chunked with a tab": {
			head("Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n") + "0\r\n\r\n" + hidden,
			false,
		},
		"chunked with a vertical tab": {head("Transfer-Encoding: \x0bchunked\r\n") + chunk(hidden), true},
		"chunked in capitals":         {head("Transfer-Encoding: CHUNKED\r\n") + "0\r\n\r\n" + hidden, false},
		"chunked in quotes":           {head("Transfer-Encoding: \"chunked\"\r\n") + chunk(hidden), true},
		"chunked behind a fold": {
			head("Transfer-Encoding:\r\n chunked\r\n") + "0\r\n\r\n" + hidden,
			false,
		},
		"a header name of another kind": {
			head(
				fmt.Sprintf("Transfer_Encoding: chunked\r\nContent-Length: %d\r\n", len(hidden)+5),
			) + "0\r\n\r\n" + hidden,
			false,
		},
		"two lengths":             {head("Content-Length: 0\r\nContent-Length: 5\r\n") + hidden, true},
		"two lengths in a list":   {head("Content-Length: 0, 5\r\n") + hidden, true},
		"the same length twice":   {head("Content-Length: 2\r\nContent-Length: 2\r\n") + "{}", false},
		"a length with a plus":    {head("Content-Length: +5\r\n") + "{}   ", true},
		"a length in hexadecimal": {head("Content-Length: 0x5\r\n") + "{}   ", true},
		"a negative length":       {head("Content-Length: -1\r\n") + hidden, true},
		"an empty length":         {head("Content-Length: \r\n") + hidden, true},
		"a length beyond 64 bits": {head("Content-Length: 99999999999999999999\r\n") + hidden, true},
		"a chunk size with a sign": {
			head("Transfer-Encoding: chunked\r\n") + "+2\r\n{}\r\n0\r\n\r\n",
			false,
		},
		"a chunk size in 0x": {
			head("Transfer-Encoding: chunked\r\n") + "0x2\r\n{}\r\n0\r\n\r\n",
			false,
		},
		"a chunk size beyond 64 bits": {
			head("Transfer-Encoding: chunked\r\n") + "10000000000000002\r\n{}\r\n0\r\n\r\n",
			false,
		},
		"a chunk extension that ends in LF": {
			head("Transfer-Encoding: chunked\r\n") + "2;\n{}\r\n0\r\n\r\n" + hidden,
			false,
		},
		"chunks that end in LF": {
			head("Transfer-Encoding: chunked\r\n") + "2\n{}\n0\n\n" + hidden,
			false,
		},
		"a chunk longer than said": {
			head("Transfer-Encoding: chunked\r\n") + "2\r\n{}xx\r\n0\r\n\r\n" + hidden,
			false,
		},
		"a trailer that is a length": {
			head("Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\nContent-Length: 400\r\n\r\n" + hidden,
			false,
		},
		"a space before a colon":        {head("Content-Length : 4\r\n") + "{}  ", true},
		"a header line without a colon": {head("Nonsense\r\nContent-Length: 2\r\n") + "{}", true},
		"a header name with a space":    {head("X Y: z\r\nContent-Length: 2\r\n") + "{}", true},
		"an empty header name":          {head(": z\r\nContent-Length: 2\r\n") + "{}", true},
		"a zero in a header":            {head("X: a\x00b\r\nContent-Length: 2\r\n") + "{}", true},
		"a carriage return in a header": {head("X: a\rContent-Length: 2\r\nContent-Length: 2\r\n") + "{}", true},
		"lines that end in LF": {
			strings.ReplaceAll(head("Content-Length: 2\r\n"), "\r\n", "\n") + "{}",
			false,
		},
		"a space at the start of the header": {
			"POST " + harness.DatabasesPath + " HTTP/1.1\r\n Host: " + m.Host() + "\r\nContent-Length: 0\r\n\r\n" + hidden,
			true,
		},
		"a version nobody has": {
			"POST " + harness.DatabasesPath + " HTTP/9.9\r\nHost: " + m.Host() + "\r\nContent-Length: 0\r\n\r\n",
			true,
		},
		"a version in small letters":      {"GET /livez http/1.1\r\nHost: " + m.Host() + "\r\n\r\n", true},
		"a method with a space before it": {" GET /livez HTTP/1.1\r\nHost: " + m.Host() + "\r\n\r\n", true},
		"a target with a space":           {"GET /livez /x HTTP/1.1\r\nHost: " + m.Host() + "\r\n\r\n", true},
		"length and chunks, refused with 421": {
			strings.Replace(
				head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), m.Host(), "evil.example", 1,
			) + "0\r\n\r\n" + hidden,
			false,
		},
		"length and chunks, for no path": {
			"OPTIONS * HTTP/1.1\r\nHost: " + m.Host() + "\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
			false,
		},
		"a GET with a body that is a request": {
			"GET /livez HTTP/1.1\r\nHost: " + m.Host() + fmt.Sprintf(
				"\r\nContent-Length: %d\r\n\r\n", len(hidden),
			) + hidden,
			false,
		},
		"a body on a path that does not exist": {
			"POST /api/v1/none HTTP/1.1\r\nHost: " + m.Host() + fmt.Sprintf(
				"\r\nContent-Length: %d\r\n\r\n", len(hidden),
			) + hidden,
			false,
		},
		"a body with 421": {
			"POST /api/v1/none HTTP/1.1\r\nHost: evil.example\r\n" + fmt.Sprintf(
				"Content-Length: %d\r\n\r\n", len(hidden),
			) + hidden,
			false,
		},
	}

	follow := "GET /livez HTTP/1.1\r\nHost: " + m.Host() + "\r\nX-Request-ID: follows\r\nConnection: close\r\n\r\n"
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			answers, closed := m.RawExchange(t, row.request+follow)
			if len(answers) == 0 {
				t.Fatalf("no response; closed: %t", closed)
			}

			if !closed {
				t.Error("the connection stays open")
			}

			if row.refused &&
				(len(answers) != 1 ||
					answers[0].Status != 400 && answers[0].Status != 501 && answers[0].Status != 505) {
				t.Errorf("got %d responses, the first %d; want one, 400 or 501", len(answers), answers[0].Status)
			}

			if len(answers) > 2 {
				t.Errorf("got %d responses to two requests", len(answers))
			}

			for n, got := range answers {
				if got.Header.Get("X-Request-Id") == "smuggled" || strings.Contains(got.Body, `"client_id"`) {
					t.Errorf("the request inside the body got a response: %d %s", got.Status, got.Body)
				}

				if n == 1 && got.Header.Get("X-Request-Id") != "follows" && got.Status != 400 {
					t.Errorf("the second response is not for the second request: %d %s", got.Status, got.Body)
				}
			}
		})
	}
}

// Threat model: H14.
func TestUnusualRequestsAreHandled(t *testing.T) {
	m := harness.StartWithMember(t)
	authorization := "Authorization: " + m.Header.Get("Authorization") + "\r\n"
	host := "Host: " + m.Host() + "\r\n"
	t.Run("Expect without a body", func(t *testing.T) {
		t.Parallel()

		answers, _ := m.RawExchange(t,
			"GET "+harness.DatabasesPath+" HTTP/1.1\r\n"+host+authorization+"Expect: 100-continue\r\nConnection: close\r\n\r\n")
		if len(answers) != 1 || answers[0].Status != 200 {
			t.Errorf("got %+v, want one 200", answers)
		}
	})
	t.Run("Expect, and a body that is refused before it is sent", func(t *testing.T) {
		t.Parallel()

		answers, closed := m.RawExchange(t,
			"POST "+harness.DatabasesPath+" HTTP/1.1\r\n"+host+authorization+"Content-Type: application/json\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
		if len(answers) != 1 || answers[0].Status != 413 || !closed {
			t.Errorf("got %+v, closed %t; want one 413 and no 100", answers, closed)
		}
	})
	t.Run("Expect, and a body", func(t *testing.T) {
		t.Parallel()
		body := harness.CreateBody("expected")

		answers, _ := m.RawExchange(
			t,
			"POST "+harness.DatabasesPath+" HTTP/1.1\r\n"+host+authorization+fmt.Sprintf(
				"Content-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
				len(body),
			)+body,
		)
		if len(answers) != 2 || answers[0].Status != 100 || answers[1].Status != 201 {
			t.Errorf("got %+v, want 100 and 201", answers)
		}
	})
	t.Run("an expectation nobody knows", func(t *testing.T) {
		t.Parallel()

		answers, _ := m.RawExchange(t,
			"GET "+harness.DatabasesPath+" HTTP/1.1\r\n"+host+authorization+"Expect: a-miracle\r\nConnection: close\r\n\r\n")
		if len(answers) != 1 || answers[0].Status != 417 {
			t.Errorf("got %+v, want 417", answers)
		}
	})

	for name, lines := range map[string]string{
		"a range": "Range: bytes=0-1\r\n", "ranges without end": "Range: bytes=" + strings.Repeat("0-1,", 1000) + "\r\n", "none match a tag": "If-None-Match: \"x\", *\r\n",
		"match a tag": "If-Match: \"x\"\r\n", "a date to come": "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "a date gone by": "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
		"an upgrade": "Upgrade: websocket, h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			answers, _ := m.RawExchange(t, "GET "+harness.DatabasesPath+" HTTP/1.1\r\n"+host+authorization+lines+"\r\n")
			if len(answers) != 1 || answers[0].Status != 200 || !strings.Contains(answers[0].Body, `"databases":`) {
				t.Errorf("got %+v, want one complete response", answers)
			}
		})
	}

	for name, row := range map[string]struct {
		request string
		want    int
	}{
		"an empty coding":              {"GET /livez HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n", 501},
		"HTTP/0.9":                     {"GET /livez\r\n", 400},
		"HTTP/1.0 without a host":      {"GET " + harness.DatabasesPath + " HTTP/1.0\r\n" + authorization + "\r\n", 421},
		"HTTP/1.0 with keep-alive":     {"GET " + harness.DatabasesPath + " HTTP/1.0\r\n" + host + authorization + "Connection: keep-alive\r\n\r\n", 200},
		"HTTP/1.1 without a host":      {"GET " + harness.DatabasesPath + " HTTP/1.1\r\n" + authorization + "\r\n", 400},
		"HTTP/2 with nothing before":   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
		"a TLS hello":                  {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		"an authority in the target":   {"CONNECT " + m.Host() + " HTTP/1.1\r\n" + host + "\r\n", 400},
		"a star":                       {"GET * HTTP/1.1\r\n" + host + "\r\n", 400},
		"a star, to ask what there is": {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 404},
		"a target with a fragment":     {"GET /livez#x HTTP/1.1\r\n" + host + "\r\n", 400},
		"a whole URL":                  {"GET http://" + m.Host() + "/livez HTTP/1.1\r\n" + host + "\r\n", 200},
		"a whole URL that is not ours": {"GET http://evil.example/api/v1/config HTTP/1.1\r\n" + host + "\r\n", 421},
		"a URL of another kind":        {"GET ftp://" + m.Host() + "/livez HTTP/1.1\r\n" + host + "\r\n", 400},
		"a URL without a host":         {"GET http:/livez HTTP/1.1\r\n" + host + "\r\n", 400},
		"a URL that is not one":        {"GET mailto:a@b HTTP/1.1\r\n" + host + "\r\n", 400},
		"a target without a slash":     {"GET livez HTTP/1.1\r\n" + host + "\r\n", 400},
		"a header larger than is read": {"GET /livez HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", 431},
		"ten thousand headers":         {"GET /livez HTTP/1.1\r\n" + host + strings.Repeat("X: y\r\n", 10_000) + "\r\n", 431},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			answers, _ := m.RawExchange(t, row.request)
			if len(answers) == 0 || answers[0].Status != row.want {
				t.Errorf("got %+v, want %d first", answers, row.want)
			}
		})
	}
}
