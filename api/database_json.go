package api

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/proxy"
)

// databaseBytes is the encoded size of one database without its texts: field names, punctuation, numbers and a date.
const databaseBytes = 240

// sizeOf returns the capacity for encoding databases whose texts need no escapes. It is a close estimate, because the
// list cache retains the buffers.
func sizeOf(databases ...proxy.Database) int {
	size := len(`{"databases":[]}`)
	for n := range databases {
		d := &databases[n]

		size += databaseBytes + len(d.ID) + len(d.Name) + len(d.State) + len(d.Plan) + len(d.Platform) +
			len(d.PrimaryRegion) + len(d.Endpoint) + len(d.RestURL)
		for _, region := range d.ReadRegions {
			size += len(region) + len(`"",`)
		}
	}

	return size
}

// appendDatabases appends databases byte for byte as encoding/json encodes a DatabasesResponse, but without reflection,
// because callers poll the list. A test compares it with encoding/json.
func appendDatabases(to []byte, databases []proxy.Database) []byte {
	to = append(to, `{"databases":[`...)
	for n := range databases {
		if n > 0 {
			to = append(to, ',')
		}
		to = appendDatabase(to, databases[n])
	}

	return append(to, `]}`...)
}

// appendDatabase appends one database as encoding/json encodes a DatabaseResponse.
func appendDatabase(to []byte, d proxy.Database) []byte {
	to = appendText(append(to, `{"id":`...), d.ID)
	to = appendText(append(to, `,"name":`...), d.Name)
	to = appendText(append(to, `,"state":`...), d.State)
	to = appendText(append(to, `,"plan":`...), d.Plan)
	to = appendText(append(to, `,"platform":`...), d.Platform)
	to = appendText(append(to, `,"primary_region":`...), d.PrimaryRegion)
	to = appendTexts(append(to, `,"read_regions":`...), d.ReadRegions)
	to = appendText(append(to, `,"endpoint":`...), d.Endpoint)
	to = strconv.AppendInt(append(to, `,"port":`...), int64(d.Port), 10)
	to = strconv.AppendBool(append(to, `,"tls":`...), d.TLS)
	to = appendText(append(to, `,"rest_url":`...), d.RestURL)
	to = appendTime(append(to, `,"created_at":`...), d.CreatedAt)

	return append(to, '}')
}

func appendTexts(to []byte, texts []string) []byte {
	if texts == nil {
		return append(to, `null`...)
	}

	to = append(to, '[')
	for n, text := range texts {
		if n > 0 {
			to = append(to, ',')
		}
		to = appendText(to, text)
	}

	return append(to, ']')
}

// verbatim marks the bytes that encoding/json writes unescaped in a string.
var verbatim = func() (plain [256]bool) {
	for b := byte(' '); b < 0x7f; b++ {
		plain[b] = !strings.ContainsRune(`"\<>&`, rune(b))
	}

	return plain
}()

// appendText appends a JSON string. It uses encoding/json for texts that need escapes.
func appendText(to []byte, text string) []byte {
	for n := range len(text) {
		if !verbatim[text[n]] {
			encoded, _ := json.Marshal(text) // a string always encodes

			return append(to, encoded...)
		}
	}
	to = append(append(to, '"'), text...)

	return append(to, '"')
}

// appendTime appends null for the zero time, and for a year that RFC 3339 cannot express.
func appendTime(to []byte, t time.Time) []byte {
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return append(to, `null`...)
	}

	return append(t.AppendFormat(append(to, '"'), time.RFC3339Nano), '"')
}
