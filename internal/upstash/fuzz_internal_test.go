package upstash

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// decodeAndAllow is the simple version of what readListing does in one pass: it decodes everything into maps, and
// copies the fields on the allow-list.
func decodeAndAllow(body []byte) (Listing, error) {
	var elements []jsontext.Value

	if jsontext.Value(body).Kind() != '[' {
		return Listing{}, errShape
	}

	if err := json.Unmarshal(body, &elements); err != nil {
		return Listing{}, err
	}

	if len(elements) > maxDatabases {
		return Listing{}, errTooMany
	}

	listing := Listing{Databases: []Database{}}
	for _, element := range elements {
		var object map[string]jsontext.Value
		if element.Kind() == '{' {
			if err := json.Unmarshal(element, &object); err != nil {
				return Listing{}, err
			}
		}

		database := Database{
			ID: textIn(
				object["database_id"],
			),
			Name:     textIn(object["database_name"]),
			Type:     textIn(object["database_type"]),
			Plan:     textIn(object["type"]),
			Region:   textIn(object["region"]),
			Platform: textIn(object["platform"]),
			PrimaryRegion: textIn(
				object["primary_region"],
			),
			State:     textIn(object["state"]),
			Modifying: textIn(object["modifying_state"]),
			Endpoint:  textIn(object["endpoint"]),
			TLS:       wordIn(object["tls"]) != "false",
		}
		if port, err := strconv.ParseUint(
			wordIn(object["port"]), 10, 16,
		); err == nil &&
			strconv.FormatUint(port, 10) == wordIn(object["port"]) {
			database.Port = int(port)
		}

		if seconds, err := strconv.ParseInt(
			wordIn(object["creation_time"]), 10, 64,
		); err == nil && seconds > 0 &&
			seconds < maxSeconds {
			database.CreatedAt = time.Unix(seconds, 0).UTC()
		}

		var regions []jsontext.Value
		if object["read_regions"].Kind() == '[' && json.Unmarshal(object["read_regions"], &regions) == nil {
			for _, region := range regions {
				if one := textIn(region); one != "" && len(database.ReadRegions) < maxTexts {
					database.ReadRegions = append(database.ReadRegions, one)
				}
			}
		}

		if !UsableID(database.ID) || database.Name == "" {
			listing.Unreadable++
			continue
		}
		listing.Databases = append(listing.Databases, database)
	}

	return listing, nil
}

func textIn(value jsontext.Value) string {
	var found string
	if value.Kind() != '"' || len(value) > maxText || json.Unmarshal(value, &found) != nil {
		return ""
	}

	return found
}

func wordIn(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		return textIn(value)
	case '0', 't', 'f':
		if len(value) <= maxText {
			return string(value)
		}
	}

	return ""
}

// warts are responses that the vendor sends or might send; they seed all fuzz targets.
func warts(f *testing.F) {
	f.Helper()

	vendor, err := os.ReadFile("testdata/database.json")
	if err != nil {
		f.Fatal(err)
	}

	object := `{"database_id":"96ad0856-03b1-4ee7-9666-e81abd0349e1","database_name":"a","password":"p","rest_token":"t",` +
		`"read_only_rest_token":"r","tls":true,"port":6379,"read_regions":["eu-west-1","us-east-1"],"state":"active"}`
	for _, seed := range []string{
		``, `[]`, `null`, `{}`, `[null]`, `[{}]`, `"OK"`, `OK`, "\ufeff[]", `{"error":"Unauthorized"}`,
		"<!doctype html>", string(vendor), object, `[` + object + `,` + object + `]`, `[` + string(vendor) + `]`,
		`{"api_key":"01234567-89ab-4cde-8f01-23456789abcd"}`, `{"api_key":5}`,
		`[{"database_id":"a","database_name":"b","port":1,"tls":"false"},5]`,
		`[{"database_id":"a","database_id":"a"}]`, `[{"\u0064atabase_id":"a","database_name":"\u0000"}]`,
		`[{"a":1,"b":2,"c":3},{"a":1,"c":3},{"a":1,"c":3,"b":2},{"a":1,"a":2}]`, `[{"\u0061":1},{"a":1,"\u0061":2}]`,
		`[{"database_id":"a","database_name":"b","db_request_limit":9223372036854775808,"budget":1e400}]`,
		`[{"database_id":"a","database_name":"b","db_acl_enabled":"false","securityAddons":{"vpcPeering":false}}]`,
		`[{"read_regions":["a",1,[]],"database_id":"a","database_name":"b"}]`,
		`[{"database_id":"a","database_name":"b","creation_time":"+01752649602","x":{"y":[1e999]}}] `, `[] []`,
		`[{"a":1,}]`, "[{\"database_name\":\"\xff\"}]", `{"x":[-0.5e-7,1.,-,01,1e]}`, `{"x":"\ud83d\ude00\ud800"}`,
		"{\"x\":\"a\tb\"}", "[\"\x00\"]", "[\"12345678\x1f\"]", "[\"\x7f\"]", `["\x"]`, `["\u12g4"]`, `[tru]`, `[nulL]`,
		`[{"port":65536},{"port":"080"},{"port":-1},{"port":1.0},{"port":"\u0038"}]`,
		`[{"database_id":"a","database_name":"b","read_regions":null,"tls":0,"creation_time":-5}]`,
	} {
		f.Add([]byte(seed))
	}
}

// readBytes reads with the byte reader in its normal form, and again with a window so small and input so slow that it
// has to grow and restart; both must agree.
func readBytes[T any](t *testing.T, body []byte, read func(*answer) (T, error)) (T, error) {
	t.Helper()

	var found [2]T

	from := func(n int) decodeFunc {
		return func(a *answer) (err error) {
			found[n], err = read(a)
			return err
		}
	}
	err := readAnswer(http.MethodGet, bytes.NewReader(body), maxListBytes, from(0))
	slowly := newAnswer(1).readAll(http.MethodGet, iotest.HalfReader(bytes.NewReader(body)), maxListBytes, from(1))

	if fmt.Sprint(err) != fmt.Sprint(slowly) {
		t.Fatalf("got %v at once and %v slowly, for %q", err, slowly, body)
	}

	if err == nil && !reflect.DeepEqual(found[0], found[1]) {
		t.Fatalf("got %+v at once and %+v slowly, for %q", found[0], found[1], body)
	}

	return found[0], err
}

// readTokens reads with the reference.
func readTokens[T any](body []byte, read func(*jsontext.Decoder) (T, error)) (found T, err error) {
	err = tokenAnswer(bytes.NewReader(body), func(decoder *jsontext.Decoder) (err error) {
		found, err = read(decoder)
		return err
	})

	return found, err
}

// same fails the test unless both reject for the same reason, or both return the same.
func same[T any](t *testing.T, body []byte, got T, err error, want T, wantErr error) {
	t.Helper()

	if (err != nil) != (wantErr != nil) {
		t.Fatalf("got error %v, want %v, for %q", err, wantErr, body)
	}

	if err == nil {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("for %q (-want +got):\n%s", body, cmp.Diff(fmt.Sprintf("%#v", want), fmt.Sprintf("%#v", got)))
		}

		return
	}

	if !errors.Is(err, ErrUnexpectedResponse) {
		t.Errorf("got %v, want ErrUnexpectedResponse, for %q", err, body)
	}

	for _, reason := range []error{errTooMany, errNoKey} { // of two things that are wrong, either may be found first
		if errors.Is(err, reason) != errors.Is(wantErr, reason) {
			t.Errorf("got error %v, want %v, for %q", err, wantErr, body)
		}
	}
}

// FuzzListing: the one-pass reader accepts, rejects and returns exactly the same as reading by tokens, and as
// decoding everything and copying.
func FuzzListing(f *testing.F) {
	warts(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readBytes(t, body, readListing)

		want, wantErr := readTokens(body, tokenListing)
		same(t, body, got, err, want, wantErr)

		want, wantErr = decodeAndAllow(body)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("got error %v, want %v, for %q", err, wantErr, body)
		}

		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("for %q (-want +got):\n%s", body, diff)
		}
	})
}

// revealed is the result of reading one object.
type revealed struct {
	Database                               Database
	Password, RestToken, ReadOnlyRestToken string
}

// FuzzObject: the same for one database, with its credentials revealed or not. The response to a create is read
// without credentials.
func FuzzObject(f *testing.F) {
	warts(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, reveal := range []bool{false, true} {
			got, err := readBytes(t, body, func(a *answer) (revealed, error) {
				o, err := decodeDatabase(a, reveal)
				return revealed{o.Database, o.password, o.restToken, o.readOnlyRestToken}, err
			})

			want, wantErr := readTokens(body, func(decoder *jsontext.Decoder) (revealed, error) {
				o := tokenDescribed{reveal: reveal}
				err := o.read(decoder)
				return revealed{o.Database, o.password, o.restToken, o.readOnlyRestToken}, err
			})
			same(t, body, got, err, want, wantErr)

			if !reveal && got.Password+got.RestToken+got.ReadOnlyRestToken != "" {
				t.Errorf("credentials were read of %q", body)
			}
		}
	})
}

// FuzzKey: the same for the response to a mint. An accepted key can always be sent in a header.
func FuzzKey(f *testing.F) {
	warts(f)
	f.Add([]byte(`{"api_key":"0123456789"}`))
	f.Add([]byte(`{"api_key":"0123\n456789"}`))
	f.Add([]byte(`{"API_KEY":"0123456789"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		key, err := readBytes(t, body, readKey)
		want, wantErr := readTokens(body, tokenKey)
		same(t, body, key, err, want, wantErr)

		if err == nil && !usableKey(key) {
			t.Errorf("%q was taken for a key", key)
		}
	})
}

// FuzzForms: the accepted forms of an id and a key match their regular expressions.
func FuzzForms(f *testing.F) {
	id := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}\z`)
	key := regexp.MustCompile(`^[!-~]{8,512}\z`)

	for _, seed := range []string{"", "-", "a-", "a/b", "a.b", "01234567\n", "~~~~~~~~~", "A1-z", "[@`{", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if UsableID(text) != id.MatchString(text) || usableKey(text) != key.MatchString(text) {
			t.Errorf("%q: usable as an id: %t, as a key: %t", text, UsableID(text), usableKey(text))
		}
	})
}
