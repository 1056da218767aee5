package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

const stateActive = "active"

func newDatabase(owner string, request createRequest, at Address, now time.Time) state.Database {
	id := state.NewUUID()
	var secret, readSecret [16]byte
	rand.Read(secret[:])
	rand.Read(readSecret[:])
	password := hex.EncodeToString(secret[:])
	return state.Database{
		ID:                id,
		Owner:             owner,
		Name:              request.DatabaseName,
		Plan:              request.Plan,
		Platform:          request.Platform,
		PrimaryRegion:     request.PrimaryRegion,
		ReadRegions:       append([]string{}, request.ReadRegions...),
		Budget:            request.Budget,
		Eviction:          request.Eviction,
		State:             stateActive,
		Endpoint:          at.Host,
		Port:              at.Port,
		TLS:               at.TLS,
		Password:          password,
		RESTToken:         restToken(tokenFull, at, id, password),
		ReadOnlyRESTToken: restToken(tokenReadOnly, at, id, hex.EncodeToString(readSecret[:])),
		CreatedAt:         now,
	}
}

const (
	tokenFull     = 1
	tokenReadOnly = 2
)

// restToken lays a token out as the older samples in Upstash's documentation
// are laid out: kind, port, TLS, two lengths, the database's id and 32 bytes. It
// makes tokens look, and measure, like real ones; nobody should take one apart.
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
