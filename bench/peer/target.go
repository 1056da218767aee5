package peer

import (
	"strconv"
	"time"

	"github.com/upstash-connect/bff/bench/measure"
)

// World is what all targets have around them.
type World struct {
	API    string // HOST:PORT of the Developer API's stand-in
	Issuer string // URL with its trailing slash
	PubKey string // path of the issuer's public key in PEM
}

// Target is a server that requests are sent to.
type Target struct {
	Name    string
	Version string
	Addr    string
	Process *Process
	Roots   []int // of the processes whose CPU counts
	// ByLength are the addresses for lists of other lengths, where a key per caller is not looked up; nil: Addr.
	ByLength map[int]string
	bare     bool // a proxy: requests are those of the Developer API
	cookies  bool // has sessions
}

// Host is the name by which the product is reached.
const Host = "connect.bench.example"

// Sessions reports whether the target has cookie sessions.
func (t *Target) Sessions() bool { return t.cookies }

// Bare reports whether the target forwards upstream's responses unchanged.
func (t *Target) Bare() bool { return t.bare }

// AddrOf is where lists of so many databases are had.
func (t *Target) AddrOf(length int) string {
	if addr := t.ByLength[length]; addr != "" {
		return addr
	}

	return t.Addr
}

// CPU is the time that the target has used so far.
func (t *Target) CPU() (time.Duration, error) { return measure.CPU(t.Roots...) }

func (t *Target) path() string {
	if t.bare {
		return "/v2/redis/databases"
	}

	return "/api/v1/databases"
}

func (t *Target) head(method string) string {
	return method + " " + t.path() + " HTTP/1.1\r\nHost: " + Host +
		"\r\nUser-Agent: bench/1\r\nAccept: application/json\r\n"
}

// List requests the databases of a token's account. With an empty token it sends no Authorization header.
func (t *Target) List(token string) []byte {
	request := t.head("GET")
	if token != "" {
		request += "Authorization: Bearer " + token + "\r\n"
	}

	return []byte(request + "\r\n")
}

// ListByCookie requests the databases of a session's account, as the page does.
func (t *Target) ListByCookie(cookie string) []byte {
	return []byte(t.head("GET") + "Cookie: __Host-session=" + cookie + "\r\nX-CSRF: 1\r\nSec-Fetch-Site: same-origin\r\n" +
		"Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\r\n")
}

// Create requests a database, once for each number.
func (t *Target) Create(scratch []byte, token string, number uint64) []byte {
	name := "orders-" + strconv.FormatUint(number, 10)
	body := `{"name":"` + name + `","primary_region":"us-east-1"}`

	scratch = append(scratch, t.head("POST")...)
	scratch = append(scratch, "Authorization: Bearer "...)
	scratch = append(scratch, token...)
	scratch = append(scratch, "\r\nIdempotency-Key: key-"+name+"\r\nContent-Type: application/json\r\nContent-Length: "...)
	scratch = strconv.AppendInt(scratch, int64(len(body)), 10)
	scratch = append(scratch, "\r\n\r\n"...)

	return append(scratch, body...)
}
