package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

const redisPort = 6379

const stateActive = "active"

func newDatabase(owner string, request createRequest, now time.Time) state.Database {
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
		Endpoint:          newEndpoint(),
		Port:              redisPort,
		Password:          password,
		RESTToken:         restToken(tokenFull, id, password),
		ReadOnlyRESTToken: restToken(tokenReadOnly, id, hex.EncodeToString(readSecret[:])),
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
func restToken(kind byte, id, secret string) string {
	raw := []byte{kind}
	raw = binary.BigEndian.AppendUint16(raw, redisPort)
	raw = append(raw, 1, byte(len(id)), byte(len(secret)))
	raw = append(raw, id...)
	raw = append(raw, secret...)
	return base64.URLEncoding.EncodeToString(raw)
}

// newEndpoint draws a host name like those of real databases.
func newEndpoint() string {
	adjectives := []string{
		"beloved", "brave", "calm", "clever", "eager", "fair", "gentle", "glad",
		"keen", "lively", "merry", "noble", "proud", "quick", "steady", "sunny",
	}
	animals := []string{
		"badger", "crane", "dolphin", "falcon", "heron", "ibex", "jackal", "lynx",
		"marmot", "otter", "owl", "panda", "raven", "seal", "stallion", "wren",
	}
	var draw [5]byte
	rand.Read(draw[:])
	number := 10_000 + binary.BigEndian.Uint32(draw[1:])%50_000
	return fmt.Sprintf("%s-%s-%d.upstash.io", adjectives[draw[0]&15], animals[draw[0]>>4], number)
}
