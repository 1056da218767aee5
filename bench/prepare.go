package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/upstash-connect/bff/bench/peer"
	"github.com/upstash-connect/bff/bench/report"
	"github.com/upstash-connect/bff/bench/standin"
	"github.com/upstash-connect/bff/bench/store"
	"github.com/upstash-connect/bff/internal/seal"
)

// bench is one run.
type bench struct {
	*options
	work    string
	fleet   *peer.Fleet
	world   peer.World
	signer  *standin.Signer
	keyset  *seal.Keyset
	keyFile string

	peers    []*peer.Target  // those that were found
	machine  []string        // its description, before anything runs
	postgres string          // its version
	missing  []string        // sentences about those that were not
	off      []*peer.Product // of each build, without the list cache
	standard []*peer.Product // of each build, with its default settings
	stored   []*storedServer

	accounts   []store.Account        // the active ones
	tokens     []string               // of them
	long       map[int][]string       // tokens of accounts with so many databases
	cold       []string               // tokens that are used once
	idle       map[string]memory      // of servers before their first request
	after      map[string]memory      // of targets after 256 connections
	starts     map[string]*startTimes // by build
	scrapes    map[string][]float64   // milliseconds of the count for metrics, by stored server
	behave     []behaviour
	figures    figures
	fromMemory map[cell][]float64 // share of the lists that a product did not ask upstream for
	order      []string           // of names, as they came
	profiles   []profileKind
	steps      int
	step       int
	prepared   time.Duration
	took       time.Duration
}

func newBench(o *options) (*bench, error) {
	work, err := os.MkdirTemp(o.work, "bench-")
	if err != nil {
		return nil, err
	}

	if work, err = filepath.Abs(work); err != nil {
		return nil, err
	}

	b := &bench{
		options: o, work: work, fleet: &peer.Fleet{Dir: work},
		figures: figures{}, fromMemory: map[cell][]float64{}, long: map[int][]string{},
		idle: map[string]memory{}, after: map[string]memory{}, starts: map[string]*startTimes{},
		scrapes: map[string][]float64{}, machine: report.Machine(), keyFile: filepath.Join(work, "keyset.json"),
	}

	// Run copies. How many pages of a program the kernel maps depends on how its file was written: a file that the
	// linker just wrote takes ten megabytes more than a copy of the same bytes.
	for n, build := range b.builds {
		b.builds[n].Path = filepath.Join(work, fmt.Sprintf("build-%d", n))
		if err := errors.Join(copyFile(build.Path, b.builds[n].Path), os.Chmod(b.builds[n].Path, 0o700)); err != nil { //nolint:gosec // a program
			return nil, err
		}
	}

	return b, os.Chmod(work, 0o711) //nolint:gosec // Postgres, another user, goes through it to its own directory
}

func (b *bench) close() error {
	b.fleet.StopAll()
	return os.RemoveAll(b.work) //nolint:gosec // a directory that we made
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// prepare does everything that is not to be done inside a measurement.
func (b *bench) prepare(ctx context.Context) error {
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"installing missing peers", b.installPeers},
		{"creating keys and starting the stand-ins", b.startWorld},
		{"signing access tokens", b.signTokens},
		{"filling the store and starting the product", b.startProducts},
		{"starting the peers", b.startPeers},
		{"filling stores of other sizes", b.startStored},
	} {
		started := time.Now()
		say("prepare: %s", step.what)

		if err := step.do(ctx); err != nil {
			return err
		}

		if err := ctx.Err(); err != nil {
			return err
		}

		if took := time.Since(started); took > time.Second {
			say("         %s", took.Round(100*time.Millisecond))
		}
	}

	return nil
}

func (b *bench) express() string { return filepath.Join(b.root, "bench", "peers", "express") }

// installPeers installs missing programs from the distribution and from npm. Those that are unavailable are skipped
// later.
func (b *bench) installPeers(ctx context.Context) error {
	if !b.install {
		return nil
	}

	var wanted []string
	for program, pkg := range map[string]string{"nginx": "nginx-light", "haproxy": "haproxy"} {
		if _, err := exec.LookPath(program); err != nil {
			wanted = append(wanted, pkg)
		}
	}
	slices.Sort(wanted)

	if apt, err := exec.LookPath("apt-get"); err == nil && len(wanted) > 0 && os.Geteuid() == 0 {
		say("         apt-get install %s", strings.Join(wanted, " "))
		b.installPackages(ctx, apt, wanted)
	}

	return b.installExpress(ctx)
}

// installPackages updates the package lists if the installation fails without.
func (b *bench) installPackages(ctx context.Context, apt string, wanted []string) {
	install := append([]string{"install", "-y", "--no-install-recommends"}, wanted...)

	var last []byte
	for _, args := range [][]string{install, {"update"}, install} {
		command := exec.CommandContext(ctx, apt, args...) //nolint:gosec // the packages are named above
		// the services are not to start: we run our own
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")

		output, err := command.CombinedOutput()
		if last = output; err == nil && args[0] == "install" {
			return
		}
	}
	say("         apt-get did not install them: %s", lastLine(last))
}

func (b *bench) installExpress(ctx context.Context) error {
	_, absent := os.Stat(filepath.Join(b.express(), "node_modules", ".package-lock.json"))

	npm, err := exec.LookPath("npm")
	if err != nil || absent == nil {
		return nil // it is skipped later when there is no npm
	}
	say("         npm ci in bench/peers/express (SQLite is compiled: a minute or two)")
	//nolint:gosec // npm, in the repository's own directory
	command := exec.CommandContext(ctx, npm, "--prefix", b.express(), "ci", "--no-audit", "--no-fund")

	if output, err := command.CombinedOutput(); err != nil {
		say("         npm did not install them: %s", lastLine(output))
	}

	return ctx.Err()
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func (b *bench) startWorld(ctx context.Context) error {
	api, apiErr := peer.FreePort()
	issuer, issuerErr := peer.FreePort()

	if err := errors.Join(apiErr, issuerErr); err != nil {
		return err
	}
	b.world = peer.World{
		API: fmt.Sprintf("127.0.0.1:%d", api), Issuer: fmt.Sprintf("http://127.0.0.1:%d/", issuer),
		PubKey: filepath.Join(b.work, "issuer.pem"),
	}

	var err error
	if b.signer, err = standin.NewSigner(b.world.Issuer); err != nil {
		return err
	}

	der, err := x509.MarshalPKIXPublicKey(b.signer.PublicKey())
	if err != nil {
		return err
	}

	if b.keyset, err = seal.FreshKeyset(); err != nil {
		return err
	}

	encoded, err := b.keyset.Encode(nil)
	if err != nil {
		return err
	}
	keySet := filepath.Join(b.work, "jwks.json")

	if err := errors.Join(
		os.WriteFile(b.world.PubKey, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600),
		os.WriteFile(b.keyFile, encoded, 0o600),
		os.WriteFile(keySet, b.signer.KeySet(), 0o600),
	); err != nil {
		return err
	}

	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command( //nolint:gosec,noctx // ourselves
		self, standInsCommand, "-api", b.world.API, "-issuer", fmt.Sprintf("127.0.0.1:%d", issuer), "-keys", keySet,
	)

	standIns, err := b.fleet.Start("stand-ins", command, syscall.SIGTERM)
	if err != nil {
		return err
	}

	return standIns.Answers(ctx, b.world.Issuer+".well-known/jwks.json", 200, 10*time.Millisecond)
}

// coldRequests is how many requests of a cold round there are, each with a token and an account never seen.
func (b *bench) coldRequests() int {
	if b.full {
		return 5000
	}

	return 2000
}

const (
	groupLong = iota // and one for each length
	groupCold = 10
	longCount = 32
)

func (b *bench) coldAccounts() []store.Account {
	return store.Of(groupCold, 10, b.coldRequests()*b.rounds)
}

func longAccounts(n, length int) []store.Account { return store.Of(groupLong+n, length, longCount) }

func (b *bench) signTokens(context.Context) (err error) {
	b.accounts = store.ActiveAccounts()
	if b.tokens, err = b.signer.Tokens(store.Subjects(b.accounts)); err != nil {
		return err
	}

	for n, length := range standin.Lengths() {
		if b.long[length], err = b.signer.Tokens(store.Subjects(longAccounts(n, length))); err != nil {
			return err
		}
	}

	if b.wants(scenarioCold) {
		b.cold, err = b.signer.Tokens(store.Subjects(b.coldAccounts()))
	}

	return err
}

// allAccounts are those of the store that is measured most: a thousand that are used in turn, those of the other
// lengths, and those that are used once.
func (b *bench) allAccounts() []store.Account {
	all := slices.Clone(b.accounts)
	for n, length := range standin.Lengths() {
		all = append(all, longAccounts(n, length)...)
	}

	if b.wants(scenarioCold) {
		all = append(all, b.coldAccounts()...)
	}

	return all
}

func (b *bench) startProducts(ctx context.Context) error {
	base := filepath.Join(b.work, "base.db")

	fill := store.Fill{
		URL: "sqlite://" + base, Keyset: b.keyset, Issuer: b.world.Issuer, Accounts: slices.Values(b.allAccounts()),
	}
	if err := elsewhere(func() error { return fill.Run(ctx) }); err != nil {
		return err
	}

	for n, build := range b.builds {
		off, err := b.startProduct(ctx, build, fmt.Sprintf("off-%d", n), base, "0s")
		if err != nil {
			return err
		}

		standard, err := b.startProduct(ctx, build, fmt.Sprintf("standard-%d", n), base, "")
		if err != nil {
			return err
		}
		b.off, b.standard = append(b.off, off), append(b.standard, standard)
	}

	time.Sleep(time.Second) // what a server does once after its start is over

	for n, build := range b.builds {
		held, err := memoryOf(b.standard[n].Process.PID)
		if err != nil {
			return err
		}
		b.idle[build.Label] = held
	}

	return nil
}

// startProduct starts a server on a copy of the base.
func (b *bench) startProduct(ctx context.Context, build peer.Build, name, base, cache string) (*peer.Product, error) {
	path := filepath.Join(b.work, name+".db")
	if err := copyFile(base, path); err != nil {
		return nil, err
	}

	product, err := b.fleet.StartProduct(b.world, build, peer.Settings{
		Label: build.Label, Database: "sqlite://" + path, Keyset: b.keyFile, ListCache: cache,
	})
	if err != nil {
		return nil, err
	}

	return product, product.WaitReady(ctx, 10*time.Millisecond)
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()

	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)

	return errors.Join(err, target.Close())
}

// startPeers starts those that are here. Any other fault than that one is not installed ends the run.
func (b *bench) startPeers(ctx context.Context) error {
	database, key := filepath.Join(b.work, "express.db"), filepath.Join(b.work, "express.key")
	if err := store.FillExpress(ctx, database, key, b.world.Issuer, b.allAccounts()); err != nil {
		return err
	}

	source, err := filepath.Abs(b.express())
	if err != nil {
		return err
	}

	for _, start := range []func() (*peer.Target, error){
		func() (*peer.Target, error) { return b.fleet.StartNginx(ctx, b.world) },
		func() (*peer.Target, error) { return b.fleet.StartHAProxy(ctx, b.world) },
		func() (*peer.Target, error) { return b.fleet.StartExpress(ctx, b.world, source, database, key) },
	} {
		target, err := start()
		switch {
		case errors.Is(err, peer.ErrMissing):
			b.missing = append(b.missing, err.Error())
			say("         skipped: %s", err)
		case err != nil:
			return err
		default:
			b.peers = append(b.peers, target)
		}
	}

	return nil
}

// find is the peer of a name; nil when it is not here.
func (b *bench) find(name string) *peer.Target {
	for _, target := range b.peers {
		if target.Name == name {
			return target
		}
	}

	return nil
}
