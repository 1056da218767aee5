package upstash

import (
	"bytes"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// decodeAndAllow is the plain way to do what readListing does in one pass: decode everything into maps, and take from
// them what the allow-list names.
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
			listing.Odd++
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

// FuzzListing: the one-pass reader takes, refuses and finds exactly what decoding everything and picking would.
func FuzzListing(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `null`, `{}`, `[null]`, `[{}]`, `[{"database_id":"a","database_name":"b"}]`, `[{"database_id":"a","database_name":"b","port":1,"tls":"false"},5]`,
		`[{"database_id":"a","database_id":"a"}]`, `[{"\u0064atabase_id":"a","database_name":"\u0000"}]`, `[{"read_regions":["a",1,[]],"database_id":"a","database_name":"b"}]`,
		`[{"database_id":"a","database_name":"b","creation_time":"1752649602","x":{"y":[1e999]}}] `, `[] []`, `[{"a":1,}]`, "[{\"database_name\":\"\xff\"}]",
		`[{"port":65536},{"port":"080"},{"port":-1},{"port":1.0}]`, `[{"database_id":"a","database_name":"b","read_regions":null,"tls":0,"creation_time":-5}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got Listing
		err := readAnswer(bytes.NewReader(body), func(decoder *jsontext.Decoder) (err error) {
			got, err = readListing(decoder)
			return err
		})

		want, wantErr := decodeAndAllow(body)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("got error %v, want %v, for %q", err, wantErr, body)
		}

		if err != nil {
			return
		}

		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("for %q (-want +got):\n%s", body, diff)
		}
	})
}

// FuzzKey: whatever upstream answers to a mint, what is taken for a key can travel in a header.
func FuzzKey(f *testing.F) {
	f.Add([]byte(`{"api_key":"0123456789"}`))
	f.Add([]byte(`{"api_key":"0123\n456789"}`))
	f.Add([]byte(`{"API_KEY":"0123456789"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var key string

		err := readAnswer(bytes.NewReader(body), func(decoder *jsontext.Decoder) (err error) {
			key, err = readKey(decoder)
			return err
		})
		if err == nil && !usableKey.MatchString(key) {
			t.Errorf("%q was taken for a key", key)
		}

		if err != nil && !errors.Is(err, errNoKey) && !errors.Is(err, errSyntax) && !errors.Is(err, errShape) &&
			!errors.Is(err, errTrailing) {
			t.Errorf("got %v, want an error in our own words", err)
		}
	})
}
