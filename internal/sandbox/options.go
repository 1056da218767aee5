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

// Options say where a sandbox listens and keeps its state.
type Options struct {
	// IssuerListen, UpstashListen, ControlListen and RedisListen are loopback addresses. Port 0 picks a free port at
	// the first start and remembers it in DataDir. They default to 127.0.0.1:8081, :8082, :8083 and :8085, or a free
	// port instead of one that is taken at the first start, which is remembered too.
	IssuerListen  string
	UpstashListen string
	ControlListen string
	RedisListen   string

	// RedisTLS makes the databases speak TLS, with a certificate of an authority of the sandbox's own, and refuse what
	// is plain.
	RedisTLS bool

	// IssuerHost is the host in the issuer's URL: "localhost" (the default) or "127.0.0.1". To a browser the two are
	// different sites.
	IssuerHost string

	// DataDir is required. The stand-ins write under DataDir/sandbox only.
	DataDir string

	// SPAClientID is the client id of the partner's application; it defaults to "sandbox-spa", with ThirdParty to
	// "tpc_sandbox-spa".
	SPAClientID string

	// ThirdParty registers the partner's application as Auth0's strict third-party clients are.
	ThirdParty bool

	// AppName is what the login page calls the partner's application; it defaults to "ACME".
	AppName string

	// AppOrigins are origins of the partner's application known at the start, such as "http://localhost:8080". AllowApp
	// adds more.
	AppOrigins []string

	// ProofKey is what the control listener proves with, to anyone who knows it, that it is this sandbox's. Empty: it
	// cannot.
	ProofKey string

	// Faults is the mode in which the stand-ins fail by themselves: empty (never), "realistic" or "strict". Seed is
	// what these and all other draws of faults come from; 0 draws one at the start.
	Faults string
	Seed   uint64

	// NoSync skips flushing each write to disk. For tests.
	NoSync bool

	// Logger defaults to silence, Now to the machine's clock.
	Logger *slog.Logger
	Now    func() time.Time

	usual usualPlaces
}

// usualPlaces are the listeners whose addresses nobody named.
type usualPlaces struct{ issuer, upstash, control, redis bool }

// withDefaults returns the options completed, or every fault in them.
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
		o.Seed = uint64(rand.Uint32()) // short enough to be typed again
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

// loopback parses a listen address and refuses one that others could reach: the stand-ins hand out tokens and keys to
// anyone who asks.
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
