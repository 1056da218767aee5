package api

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/proxy"
)

func oneDatabase() proxy.Database {
	return proxy.Database{
		ID: "96ad0856-03b1-4ee7-9666-e81abd0349e1", Name: "myredis", State: "active", Plan: "payg", Platform: "aws",
		PrimaryRegion: "us-east-1", ReadRegions: []string{"us-west-1", "us-west-2"},
		Endpoint: "beloved-stallion-58500.upstash.io", Port: 6379, TLS: true,
		RestURL:   "https://beloved-stallion-58500.upstash.io",
		CreatedAt: time.Date(2026, 11, 22, 10, 5, 0, 123_000_000, time.UTC),
	}
}

func sameAsJSON(t *testing.T, databases []proxy.Database) {
	t.Helper()

	want, err := json.Marshal(DatabasesOf(databases))
	if err != nil {
		t.Fatal(err)
	}

	if got := appendDatabases(nil, databases); string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The handwritten encoder has its own list of fields, which must match the response type.
func TestDatabasesEncodeLikeEncodingJSON(t *testing.T) {
	odd := oneDatabase()
	odd.Name, odd.State, odd.RestURL = `a"b\<c>&d`, "\x00\x1f\x7f\u2028é\xff", "" // \xff is no UTF-8
	odd.ReadRegions, odd.CreatedAt, odd.TLS, odd.Port = nil, time.Time{}, false, 0
	none := oneDatabase()
	none.ReadRegions = []string{}
	none.CreatedAt = time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 5400))

	sameAsJSON(t, []proxy.Database{})
	sameAsJSON(t, []proxy.Database{oneDatabase()})
	sameAsJSON(t, []proxy.Database{odd, oneDatabase(), none})

	for n := range reflect.TypeFor[proxy.Database]().NumField() { // each field alone, to detect swapped fields
		var d proxy.Database
		switch field := reflect.ValueOf(&d).Elem().Field(n); field.Kind() {
		case reflect.String:
			field.SetString("only")
		case reflect.Int:
			field.SetInt(7)
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Slice:
			field.Set(reflect.ValueOf([]string{"only"}))
		default:
			field.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
		}
		sameAsJSON(t, []proxy.Database{d})
	}
}

// Encoding a list does not grow its buffer, and leaves little unused capacity.
func TestCapacityForAListIsEnough(t *testing.T) {
	for _, databases := range [][]proxy.Database{nil, {oneDatabase()}, {oneDatabase(), oneDatabase(), {}}} {
		room, need := sizeOf(databases...), len(appendDatabases(nil, databases))
		if need > room || room-need > 16+64*len(databases) {
			t.Errorf("%d databases: capacity of %d bytes for %d", len(databases), room, need)
		}
	}
}

// encoding/json rejects such a date, but one date must not make the complete list fail.
func TestDateOutsideRFC3339IsNull(t *testing.T) {
	got := string(appendTime(nil, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)))
	if got != "null" {
		t.Errorf("got %s", got)
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "a", "<&>", "\u2028", "\xff", "\x7f", "\\\""} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, text string) {
		want, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}

		if got := appendText(nil, text); string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func benchmarkEncode(b *testing.B, count int) {
	b.Helper()

	databases := make([]proxy.Database, count)
	for n := range databases {
		databases[n] = oneDatabase()
	}
	b.ReportAllocs()

	for b.Loop() {
		tagged(appendDatabases(make([]byte, 0, sizeOf(databases...)), databases), "")
	}
}

func BenchmarkEncode(b *testing.B) {
	b.Run("10", func(b *testing.B) { benchmarkEncode(b, 10) })
	b.Run("1000", func(b *testing.B) { benchmarkEncode(b, 1000) })
	b.Run("by-reflection-10", func(b *testing.B) { // the cost of encoding/json
		databases := make([]proxy.Database, 10)
		for n := range databases {
			databases[n] = oneDatabase()
		}
		b.ReportAllocs()

		for b.Loop() {
			body, _ := json.Marshal(DatabasesOf(databases))
			tagged(body, "")
		}
	})
}
