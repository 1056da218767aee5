package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Options configure where a sandbox listens and stores its state.
type Options struct {
	// IssuerListen, UpstashListen, ControlListen and RedisListen are loopback addresses. Port 0 picks a free port at
	// the first start and stores it in DataDir. They default to 127.0.0.1:8081, :8082, :8083 and :8085. If a default
	// port is busy at the first start, the sandbox picks a free one and stores it too.
	IssuerListen  string
	UpstashListen string
	ControlListen string
	RedisListen   string

	// RedisTLS makes the databases require TLS, with a certificate from the sandbox's own authority.
	RedisTLS bool

	// IssuerHost is the host in the issuer's URL: "localhost" (the default) or "127.0.0.1". A browser treats the two
	// as different sites.
	IssuerHost string

	// DataDir is required. The stand-ins write only under DataDir/sandbox.
	DataDir string

	// SPAClientID is the client id of the partner's application. It defaults to "sandbox-spa", or to
	// "tpc_sandbox-spa" with ThirdParty.
	SPAClientID string

	// ThirdParty registers the partner's application as one of Auth0's strict third-party clients.
	ThirdParty bool

	// AppName is the name of the partner's application on the login page; it defaults to "ACME".
	AppName string

	// AppOrigins are the origins of the partner's application known at the start, such as "http://localhost:8080".
	// AllowApp adds more.
	AppOrigins []string

	// ProofKey is the key with which the control listener proves that it belongs to this sandbox, to a caller who
	// knows the key. If empty, GET /proof is not available.
	ProofKey string

	// Faults is the mode in which the stand-ins fail automatically: empty (never), "realistic" or "strict". Seed is
	// the seed of these and all other fault draws; 0 picks a random one at the start.
	Faults string
	Seed   uint64

	// NoSync skips flushing each write to disk. For tests.
	NoSync bool

	// Logger defaults to no logging, Now to the system clock.
	Logger *slog.Logger
	Now    func() time.Time

	usual usualPlaces
}

// usualPlaces marks the listeners with default addresses.
type usualPlaces struct{ issuer, upstash, control, redis bool }

// withDefaults returns the options with defaults, or every error in them.
func (o Options) withDefaults() (Options, error) {
	o.usual = usualPlaces{
		issuer: o.IssuerListen == "", upstash: o.UpstashListen == "",
		control: o.ControlListen == "", redis: o.RedisListen == "",
	}
	setDefault(&o.IssuerListen, "127.0.0.1:8081")
	setDefault(&o.UpstashListen, "127.0.0.1:8082")
	setDefault(&o.ControlListen, "127.0.0.1:8083")
	setDefault(&o.RedisListen, "127.0.0.1:8085")
	setDefault(&o.IssuerHost, "localhost")
	setDefault(&o.SPAClientID, "sandbox-spa")

	if o.ThirdParty && !strings.HasPrefix(o.SPAClientID, state.ThirdPartyPrefix) {
		o.SPAClientID = state.ThirdPartyPrefix + o.SPAClientID
	}
	setDefault(&o.AppName, "ACME")

	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}

	if o.Now == nil {
		o.Now = time.Now
	}

	for o.Seed == 0 {
		o.Seed = uint64(rand.Uint32()) // short enough to type
	}

	var faults []error
	if o.DataDir == "" {
		faults = append(faults, errors.New("data directory is required"))
	}

	if o.IssuerHost != "localhost" && o.IssuerHost != "127.0.0.1" {
		faults = append(faults, fmt.Errorf("issuer host %q: must be localhost or 127.0.0.1", o.IssuerHost))
	}

	for _, address := range []string{o.IssuerListen, o.UpstashListen, o.ControlListen, o.RedisListen} {
		if _, err := loopback(address); err != nil {
			faults = append(faults, err)
		}
	}

	if host, _, err := net.SplitHostPort(o.IssuerListen); err == nil && host == "::1" && o.IssuerHost == "127.0.0.1" {
		faults = append(faults, errors.New("issuer host 127.0.0.1 cannot be reached at a listener on ::1"))
	}

	return o, errors.Join(faults...)
}

func (o Options) stateDir() string { return filepath.Join(o.DataDir, "sandbox") }

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// loopback parses a listen address and rejects one that other machines could reach: the stand-ins return tokens and
// keys to anyone.
func loopback(address string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen address %q: %w", address, err)
	}

	if host == "localhost" {
		host = "127.0.0.1"
	}

	parsed, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen address %q: an IP address and a port expected", address)
	}

	if !parsed.Addr().IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("listen address %q: the sandbox listens on loopback only", address)
	}

	return parsed, nil
}
