package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/test/harness"
)

func (d *desk) state() string { return filepath.Join(d.home, "state", "upstash-connect") }

// ring is a keyring in memory. With fault set, every call returns it.
type ring struct {
	entries map[string]string // by state directory
	fault   error
}

type ringEntry struct {
	*ring
	directory string
}

func (r *ring) of(directory string) native.Keyring { return ringEntry{r, directory} }

func (e ringEntry) Get() (string, error) {
	text, held := e.entries[e.directory]
	if e.fault == nil && !held {
		return "", native.ErrNothingSaved
	}

	return text, e.fault
}

func (e ringEntry) Set(text string) error {
	if e.fault == nil {
		e.entries[e.directory] = text
	}

	return e.fault
}

func (e ringEntry) Delete() error {
	if _, held := e.entries[e.directory]; e.fault == nil && !held {
		return native.ErrNothingSaved
	}

	if e.fault == nil {
		delete(e.entries, e.directory)
	}

	return e.fault
}

// inKeyring moves the saved account into a keyring in memory, which replaces the system's from now on.
func (d *desk) inKeyring(t *testing.T) *ring {
	t.Helper()
	file := filepath.Join(d.state(), "credentials.json")

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	d.ring = &ring{entries: map[string]string{d.state(): string(text)}}

	return d.ring
}

// withKeyring runs a command line that may use the keyring.
func (d *desk) withKeyring(t *testing.T, arguments ...string) harness.Ran {
	t.Helper()
	p, stdout, stderr := d.program()
	code := p.run(t.Context(), arguments)

	return harness.Ran{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

// An unavailable keyring may have the key: no command reports that nothing is connected, or discards the key.
func TestDesktopKeepsTheKeyOfAnUnavailableKeyring(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	ring := d.inKeyring(t)
	for name, test := range map[string]struct {
		fault error // of the keyring
		flags nativeFlags
		code  string
		says  string
	}{
		"locked":           {errors.New("prompt dismissed"), nativeFlags{}, "keyring_unavailable", "Unlock the keyring"},
		"nobody unlocks":   {native.ErrKeyringLocked, nativeFlags{}, "keyring_unavailable", "cannot prompt"},
		"not in reach":     {native.ErrNoKeyring, nativeFlags{}, "entry_missing", "This session has no keyring."},
		"not to be used":   {nil, nativeFlags{noKeyring: true}, "entry_missing", "without --no-keyring"},
		"without an entry": {native.ErrNothingSaved, nativeFlags{}, "entry_missing", "no such entry"},
	} {
		t.Run(name, func(t *testing.T) {
			ring.fault = test.fault

			arguments := []string{"--json"}
			if test.flags.noKeyring {
				arguments = append(arguments, "--no-keyring")
			}

			for _, command := range [][]string{{"whoami"}, {"disconnect"}, {"databases", "list"}} {
				got := d.withKeyring(t, append(command, arguments...)...)

				got.Stderr = strings.ReplaceAll(got.Stderr, "urn:upstash-connect:problem:", "/api/v1/problems/")
				if p := problemIn(t, got, problem.ExitFailed, test.code); !strings.Contains(p.Detail, test.says) {
					t.Errorf("%v says %q, want %q", command, p.Detail, test.says)
				}
			}

			got := d.withKeyring(
				t,
				append([]string{"connect", "--no-browser", "--redirect-port", "0", "--timeout", "1s"}, arguments...)...)
			if got.Code == 0 || strings.Count(got.Stdout, "\n") != 1 ||
				!strings.Contains(got.Stdout, `"event":"failed"`) ||
				!strings.Contains(got.Stdout, test.code) {
				t.Errorf("connect asks for a login first: %+v", got)
			}

			_, err := d.finish(t, d.email, connectFlags{nativeFlags: test.flags})
			if p := connectProblem(err, test.flags, ""); err == nil || string(p.Code) != test.code {
				t.Errorf("connected: got %v, want %s", err, test.code)
			}
			ring.fault = nil

			if got := d.withKeyring(t, "whoami"); got.Code != 0 || !strings.Contains(got.Stdout, "active") {
				t.Errorf("afterwards: got %+v", got)
			}
		})
	}

	if got := len(d.Account(t, d.email).Keys); got != 1 {
		t.Errorf("got %d keys at Upstash, want 1", got)
	}
	ring.fault = native.ErrNothingSaved
	flags := connectFlags{nativeFlags: nativeFlags{noKeyring: true}, replace: true}

	connecting, err := d.begin(t, flags)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = connecting.Close() }()

	// A person needs some time between the token and the end of the login. Keys that are given up meanwhile must not
	// make the login older than their disconnect: tokens have times in seconds.
	tokens := d.tokens(t, d.email)
	time.Sleep(1100 * time.Millisecond)

	done, err := connecting.Finish(t.Context(), tokens)
	if err != nil || !done.Made || len(done.Connection.Leftovers()) != 1 {
		t.Errorf("with --replace: got %+v and %v, want another key and the name of the first", done, err)
	}
}

// What opens the key is lost permanently: it can be given up without another login, and is named.
func TestDesktopGivesALostKeyUp(t *testing.T) {
	for _, form := range [][]string{{}, {"--json"}} {
		d := newDesk(t, "demo@example.com")
		ring := d.inKeyring(t)
		ring.fault = errors.New("locked")

		if got := d.withKeyring(
			t, "disconnect", "--lost",
		); got.Code != problem.ExitFailed ||
			!strings.Contains(got.Stderr, "does not respond") {
			t.Errorf("locked: got %+v, want nothing done", got)
		}
		ring.fault, ring.entries = nil, nil
		name := d.Account(t, d.email).Keys[0].Name

		got := d.withKeyring(t, append([]string{"disconnect", "--lost"}, form...)...)
		if got.Code != 0 || !strings.Contains(got.Stdout, name) ||
			(len(form) == 0) != strings.Contains(got.Stdout, "Disconnected "+d.email) {
			t.Errorf("%v: got %+v, want the name %s", form, got, name)
		}

		for _, command := range []string{"whoami", "disconnect"} {
			problemIn(t, d.withKeyring(t, command, "--json"), problem.ExitConnect, "connect_required")
		}

		if _, err := os.Stat(filepath.Join(d.state(), "credentials.json")); err == nil {
			t.Error("a keyset was saved for nothing")
		}
	}
}

// A first connect in a session without a usable keyring saves to the file and prints why. It does not overwrite
// anything in a keyring.
func TestDesktopConnectsWhereNoKeyringCanBeUsed(t *testing.T) {
	for name, fault := range map[string]error{
		"there is none": fmt.Errorf("%w: of a test", native.ErrNoKeyring), "nobody unlocks it": native.ErrKeyringLocked,
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{
				Product: harness.StartProduct(t), home: t.TempDir(), email: "demo@example.com", settle: "60s",
				ring: &ring{entries: map[string]string{}, fault: fault},
			}
			for _, command := range [][]string{{"whoami"}, {"databases", "list"}, {"disconnect"}} {
				problemIn(t, d.withKeyring(t, append(command, "--json")...), problem.ExitConnect, "connect_required")
			}

			done, err := d.finish(t, d.email, connectFlags{})
			if err != nil || done.SavedIn != native.InFile || !errors.Is(done.NoKeyring, fault) {
				t.Fatalf("got %+v and %v, want the key in the file", done, err)
			}
			p, stdout, _ := d.program()

			if err := (connectOutput{program: p}).connected(done); err != nil ||
				!strings.Contains(stdout.String(), problem.Sentence(fault.Error())) {
				t.Errorf("it says %q, %v; want the reason", stdout, err)
			}

			if got := d.withKeyring(t, "whoami"); got.Code != 0 || !strings.Contains(got.Stdout, "a file that only you") {
				t.Errorf("afterwards: got %+v", got)
			}

			if got := d.withKeyring(t, "disconnect"); got.Code != 0 {
				t.Errorf("disconnected: got %+v", got)
			}

			// The keyring becomes available, and unavailable again: the saved account is not lost.
			d.ring.fault = nil

			if done, err = d.finish(t, d.email, connectFlags{}); err != nil || done.SavedIn != native.InKeyring {
				t.Fatalf("with a keyring: got %+v and %v", done, err)
			}

			d.ring.fault = fault
			if _, err := d.finish(t, d.email, connectFlags{}); err == nil {
				t.Error("an account was connected instead of the one in the keyring")
			}
		})
	}
}

// The state directory's database is lost while the keyring, which has the key, is locked and nobody can unlock it: that
// directory knows that the keyring may have it.
func TestDesktopWithoutItsDatabaseWaitsForTheKeyring(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.ring = &ring{entries: map[string]string{}}
	_ = os.Remove(filepath.Join(d.state(), "credentials.json"))

	done, err := d.finish(t, d.email, connectFlags{replace: true})
	if err != nil || done.SavedIn != native.InKeyring {
		t.Fatalf("got %+v and %v, want the key in the keyring", done, err)
	}

	for _, name := range []string{"state.db", "state.db-wal", "state.db-shm"} {
		_ = os.Remove(filepath.Join(d.state(), name))
	}
	d.ring.fault = native.ErrKeyringLocked

	if _, err := d.finish(t, d.email, connectFlags{}); !errors.Is(err, native.ErrKeyringUnavailable) {
		t.Errorf("got %v, want the keyring waited for", err)
	}
	d.ring.fault = nil

	again, err := d.finish(t, d.email, connectFlags{})
	if err != nil || again.Made || again.Connection.KeyName != done.Connection.KeyName {
		t.Errorf("got %+v and %v, want the key %s", again, err, done.Connection.KeyName)
	}
}

// A keyring that does not let its entry go is not called empty.
func TestDesktopReportsThatTheEntryRemains(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	ring := d.inKeyring(t)
	p, _, _ := d.program()
	opened := d.open(t, nativeFlags{})
	ring.fault = errors.New("locked meanwhile")

	err := errors.Join(p.runDisconnect(t.Context(), opened, nativeFlags{}), opened.Close())
	if err == nil || !strings.Contains(err.Error(), "may still be in the keyring or file; run bff disconnect again") {
		t.Errorf("got %v", err)
	}
}

// The key is in a file, as the keyring, which has an older one, was not there to take it: a disconnect that does not
// reach that keyring reports it, and one that does deletes the entry.
func TestDesktopReportsAnUncheckedKeyring(t *testing.T) {
	const words = "A keyring that bff could not read may contain an older key of this directory. Run bff disconnect again where"

	for name, flags := range map[string][]string{"there is none": nil, "not to be used": {"--no-keyring"}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, "demo@example.com")
			d.ring = &ring{entries: map[string]string{}}
			_ = os.Remove(filepath.Join(d.state(), "credentials.json"))

			for _, want := range []native.Backend{native.InKeyring, native.InFile} {
				done, err := d.finish(t, d.email, connectFlags{replace: true})
				if err != nil || done.SavedIn != want {
					t.Fatalf("got %+v and %v, want the key in the %s", done, err, want)
				}
				d.ring.fault = native.ErrNoKeyring
			}

			got := d.withKeyring(t, append([]string{"disconnect"}, flags...)...)
			if got.Code != 0 || !strings.Contains(got.Stdout, words) || !strings.Contains(got.Stdout, "Disconnected ") {
				t.Errorf("got %+v, want a report that the keyring was not read", got)
			}

			if _, err := d.finish(t, d.email, connectFlags{replace: true}); err != nil {
				t.Fatal(err)
			}

			got = d.withKeyring(t, append([]string{"disconnect", "--json"}, flags...)...)
			if got.Code != 0 || !strings.Contains(got.Stdout, `"keyring_not_asked":true`) {
				t.Errorf("got %+v, want a report that the keyring was not read", got)
			}
			d.ring.fault = nil

			got = d.withKeyring(t, "disconnect")
			if got.Code != 0 || strings.Contains(got.Stdout, words) || len(d.ring.entries) > 0 {
				t.Errorf("where the keyring is: got %+v, and %d entries are left", got, len(d.ring.entries))
			}
		})
	}
}

// The state directory's database is lost and the saved account is not: its key works, so no other is minted.
func TestDesktopWithoutItsDatabaseKeepsTheKey(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	lose := func() {
		for _, name := range []string{"state.db", "state.db-wal", "state.db-shm"} {
			_ = os.Remove(filepath.Join(d.state(), name))
		}
	}
	lose()
	flags := connectFlags{nativeFlags: nativeFlags{noKeyring: true}}
	name := d.Account(t, d.email).Keys[0].Name

	done, err := d.finish(t, d.email, flags)
	if err != nil || done.Made || done.Connection.KeyName != name || len(d.Account(t, d.email).Keys) != 1 {
		t.Fatalf("got %+v and %v, want the key %s", done, err, name)
	}

	if got := d.bff(t, "databases", "list"); got.Code != 0 {
		t.Errorf("got %+v", got)
	}
	lose()
	d.Control(t, "DELETE", "/accounts/"+d.email+"/keys/"+name, nil, nil)

	if done, err = d.finish(t, d.email, flags); err != nil || !done.Made || done.Connection.KeyName == name {
		t.Errorf("one that was deleted at Upstash: got %+v and %v, want another", done, err)
	}
}

// However many accounts were connected here, all are given up, and each key is named.
func TestDesktopGivesUpEveryAccount(t *testing.T) {
	const accounts = 40 // more than are read together, twice
	d := newDesk(t, "demo@example.com")

	opened := d.open(t, nativeFlags{noKeyring: true})
	defer func() { _ = opened.Close() }()

	saved, _, err := native.NewStore(d.state(), nil).Load()
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox([]byte(saved.Keyset.Reveal()))
	if err != nil {
		t.Fatal(err)
	}

	want := map[string]bool{saved.KeyName: true}
	for n := range accounts {
		name := fmt.Sprintf("OTHER_API_KEY_%d", n)
		want[name] = true
		storeKey(t, opened, box, n, name)
	}

	given, err := opened.Disconnect(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	for _, connection := range given {
		for _, left := range connection.Leftovers() {
			delete(want, left.Name)
		}
	}

	left, err := opened.Store().SealedSample(t.Context(), 1)
	if len(given) != accounts+1 || len(want) != 0 || len(left) != 0 || err != nil {
		t.Errorf("gave up %d accounts, not %v; %d keys are still sealed, %v", len(given), want, len(left), err)
	}
}

// storeKey puts a key of another account into custody.
func storeKey(t *testing.T, d *desktop.Desktop, box *seal.Box, n int, name string) {
	t.Helper()
	id, now := fmt.Sprintf("con_%d", n), time.Now()

	_, err := d.Store().EnsureConnection(
		t.Context(), keys.Account{Issuer: d.Account.Issuer, Subject: fmt.Sprint("auth0|other", n)}, id, now,
	)
	if err != nil {
		t.Fatal(err)
	}

	_, fence, err := d.Store().TakeLease(t.Context(), id, time.Minute)
	if err != nil {
		t.Fatal(err)
	}

	intent := keys.Intent{
		ID:           "int_" + id,
		ConnectionID: id,
		Name:         name,
		State:        keys.IntentOpen,
		Fence:        fence,
		CreatedAt:    now,
	}
	if err := d.Store().OpenIntent(t.Context(), intent, time.Minute); err != nil {
		t.Fatal(err)
	}

	sealed, err := box.Seal([]byte("key"), seal.Cell{Table: "connections", Row: id, Column: "sealed_key"})
	if err != nil {
		t.Fatal(err)
	}

	if _, err := d.Store().StoreKey(t.Context(), keys.StoredKey{
		ConnectionID: id,
		IntentID:     intent.ID,
		Fence:        fence,
		Email:        "other@example.com",
		Name:         name,
		Sealed:       sealed,
		At:           now,
	}); err != nil {
		t.Fatal(err)
	}
}
