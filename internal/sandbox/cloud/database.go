package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

func newDatabase(owner string, request createRequest, at Address, now time.Time) state.Database {
	database := state.Database{
		ID:            state.NewUUID(),
		Owner:         owner,
		Name:          request.DatabaseName,
		Plan:          request.Plan,
		Platform:      request.Platform,
		PrimaryRegion: request.PrimaryRegion,
		ReadRegions:   append([]string{}, request.ReadRegions...),
		Budget:        request.Budget,
		Eviction:      request.Eviction,
		State:         state.StateActive,
		Endpoint:      at.Host,
		Port:          at.Port,
		TLS:           at.TLS,
		CreatedAt:     now,
	}
	drawSecrets(&database)

	return database
}

// drawSecrets generates a new password and new tokens for a database.
func drawSecrets(database *state.Database) {
	var secret, readSecret [16]byte
	rand.Read(secret[:])
	rand.Read(readSecret[:])
	at := Address{Host: database.Endpoint, Port: database.Port, TLS: database.TLS}
	database.Password = hex.EncodeToString(secret[:])
	database.RESTToken = restToken(tokenFull, at, database.ID, database.Password)
	database.ReadOnlyRESTToken = restToken(tokenReadOnly, at, database.ID, hex.EncodeToString(readSecret[:]))
}

const (
	tokenFull     = 1
	tokenReadOnly = 2
)

// restToken builds a token with the layout of the older samples in Upstash's documentation: kind, port, TLS, two
// lengths, the database's id and 32 bytes. Tokens thus have a realistic form and length; no client should parse one.
func restToken(kind byte, at Address, id, secret string) string {
	raw := []byte{kind}
	raw = binary.BigEndian.AppendUint16(raw, uint16(at.Port))

	secured := byte(0)
	if at.TLS {
		secured = 1
	}
	raw = append(raw, secured, byte(len(id)), byte(len(secret)))
	raw = append(raw, id...)
	raw = append(raw, secret...)

	return base64.URLEncoding.EncodeToString(raw)
}
