package native_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/secret"
)

// marker is the file that records that an entry may be in a keyring.
const marker = "saved-in-keyring"

// ring is a keyring in memory, with the faults that real ones have.
type ring struct {
	text     string
	held     bool
	none     bool // there is no such service
	locked   bool // does not respond
	forgets  bool // takes, and does not keep
	keepsOld bool // cannot delete
}

var errLocked = errors.New("locked")

func (r *ring) Get() (string, error) {
	switch {
	case r.none:
		return "", native.ErrNoKeyring
	case r.locked:
		return "", errLocked
	case !r.held:
		return "", native.ErrNothingSaved
	}

	return r.text, nil
}

func (r *ring) Set(text string) error {
	switch {
	case r.none:
		return native.ErrNoKeyring
	case r.locked:
		return errLocked
	}

	if !r.forgets {
		r.text, r.held = text, true
	}

	return nil
}

func (r *ring) Delete() error {
	switch {
	case r.none:
		return native.ErrNoKeyring
	case r.locked, r.keepsOld:
		return errLocked
	case !r.held:
		return native.ErrNothingSaved
	}
	r.text, r.held = "", false

	return nil
}

func sample(email string) native.SavedAccount {
	return native.SavedAccount{
		Issuer:     "https://auth.example/",
		Subject:    "auth0|1",
		Email:      email,
		APIKey:     secret.New("key-of-" + email),
		KeyName:    "ACME_API_KEY_1",
		UpstashURL: "https://api.example",
		Keyset:     secret.New(`{"keyset":"of ` + email + `"}`),
	}
}

// compare compares with the secrets in the clear.
var compare = cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })

func saved(t *testing.T, store *native.Store, want native.SavedAccount, at native.Backend) {
	t.Helper()

	got, place, err := store.Load()
	if err != nil || place != at {
		t.Fatalf("got place %q and %v, want %s", place, err, at)
	}

	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Error(diff)
	}
}

func save(t *testing.T, store *native.Store, what native.SavedAccount, want native.Backend) {
	t.Helper()

	if place, err := store.Save(what); err != nil || place != want {
		t.Fatalf("got place %q and %v, want %s", place, err, want)
	}
}

func files(t *testing.T, directory string) []string {
	t.Helper()

	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}

	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}

	return names
}

func TestStoreUsesTheKeyringAlone(t *testing.T) {
	directory, keyring := filepath.Join(t.TempDir(), "state"), &ring{}

	store := native.NewStore(directory, keyring)
	if _, _, err := store.Load(); !errors.Is(err, native.ErrNothingSaved) {
		t.Errorf("at first: got %v", err)
	}
	save(t, store, sample("a@example.com"), native.InKeyring)
	saved(t, store, sample("a@example.com"), native.InKeyring)

	if got := files(t, directory); !slices.Equal(got, []string{marker}) {
		t.Errorf("files lie beside the keyring's entry: %v", got)
	}

	if text, err := os.ReadFile(filepath.Join(directory, marker)); err != nil || len(text) != 0 {
		t.Errorf("the marker says %q, %v; want it to say nothing", text, err)
	}

	if err := store.Delete(); err != nil || keyring.held || len(files(t, directory)) != 0 {
		t.Errorf("deleted with %v; the entry is there: %t; left %v", err, keyring.held, files(t, directory))
	}

	if err := store.Delete(); err != nil {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestStoreFallsBackToAFile(t *testing.T) {
	for name, keyring := range map[string]native.Keyring{
		"none is wanted": nil, "there is none": &ring{none: true}, "it takes and does not keep": &ring{forgets: true},
	} {
		t.Run(name, func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "state")
			store := native.NewStore(directory, keyring)
			save(t, store, sample("a@example.com"), native.InFile)
			save(t, store, sample("b@example.com"), native.InFile)
			saved(t, store, sample("b@example.com"), native.InFile)

			if got := files(t, directory); !slices.Equal(got, []string{"credentials.json"}) {
				t.Errorf("got files %v", got)
			}

			info, err := os.Stat(filepath.Join(directory, "credentials.json"))
			if err != nil {
				t.Fatal(err)
			}

			if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("got mode %v, want 0600", info.Mode())
			}

			if err := store.Delete(); err != nil || len(files(t, directory)) != 0 {
				t.Errorf("deleted with %v, left %v", err, files(t, directory))
			}
		})
	}
}

// An unresponsive keyring may have the entry: it is neither reported absent nor deleted. An account saved meanwhile
// is not lost.
func TestStoreTakesNoSilenceForAbsence(t *testing.T) {
	directory, keyring := t.TempDir(), &ring{}
	store := native.NewStore(directory, keyring)
	save(t, store, sample("a@example.com"), native.InKeyring)
	keyring.locked = true

	_, _, err := store.Load()
	if !errors.Is(err, native.ErrKeyringUnavailable) || errors.Is(err, native.ErrNothingSaved) {
		t.Errorf("of a locked keyring: got %v", err)
	}

	if err := store.Delete(); !errors.Is(err, native.ErrKeyringUnavailable) {
		t.Errorf("deleted in a locked keyring: got %v", err)
	}
	save(t, store, sample("b@example.com"), native.InFile)
	saved(t, store, sample("b@example.com"), native.InFile)

	if err := store.Delete(); !errors.Is(err, native.ErrKeyringUnavailable) ||
		!slices.Equal(files(t, directory), []string{marker}) {
		t.Errorf("deleted a file beside a locked keyring: got %v, left %v", err, files(t, directory))
	}
	keyring.locked = false
	saved(t, store, sample("a@example.com"), native.InKeyring)
}

func TestStoreReportsAMissingKeyring(t *testing.T) {
	_, _, err := native.NewStore(t.TempDir(), &ring{none: true}).Load()
	if !errors.Is(err, native.ErrNothingSaved) || !errors.Is(err, native.ErrNoKeyring) {
		t.Errorf("got %v", err)
	}
}

// A keyring that becomes available again takes over, and the file is deleted; while the file exists, it has priority.
func TestStoreMovesIntoAKeyringThatComesBack(t *testing.T) {
	directory, keyring := t.TempDir(), &ring{}
	store := native.NewStore(directory, keyring)
	save(t, store, sample("old@example.com"), native.InKeyring)
	keyring.locked = true
	save(t, store, sample("new@example.com"), native.InFile)
	keyring.locked = false
	saved(t, store, sample("new@example.com"), native.InFile)
	save(t, store, sample("newer@example.com"), native.InKeyring)
	saved(t, store, sample("newer@example.com"), native.InKeyring)

	if got := files(t, directory); !slices.Equal(got, []string{marker}) {
		t.Errorf("the file is left: %v", got)
	}
}

func TestStoreReportsAnUndeletableEntry(t *testing.T) {
	store := native.NewStore(t.TempDir(), &ring{text: "{}", held: true, keepsOld: true})
	if err := store.Delete(); err == nil {
		t.Error("an entry that stays was called deleted")
	}
}

func TestStoreRejectsUntrustedFiles(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		mode os.FileMode
		want error
	}{
		"cut":                 {`{"version":1,"api_key":"secret-canary`, 0o600, native.ErrDamaged},
		"empty":               {``, 0o600, native.ErrDamaged},
		"without a keyset":    {`{"version":1,"api_key":"secret-canary"}`, 0o600, native.ErrDamaged},
		"of a later version":  {`{"version":2,"keyset":"secret-canary"}`, 0o600, native.ErrDamaged},
		"readable for others": {`{"version":1,"keyset":"secret-canary"}`, 0o640, nil},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()

			path := filepath.Join(directory, "credentials.json")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}

			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}

			_, _, err := native.NewStore(directory, nil).Load()
			if err == nil || errors.Is(err, native.ErrNothingSaved) ||
				(test.want != nil && !errors.Is(err, test.want)) {
				t.Fatalf("got %v", err)
			}

			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error quotes a secret: %v", err)
			}
		})
	}
}

// Anyone who reads while others save finds one of the two, whole.
func TestStoreIsNeverReadInHalf(t *testing.T) {
	directory := t.TempDir()
	store := native.NewStore(directory, nil)
	save(t, store, sample("0@example.com"), native.InFile)
	done := make(chan struct{})
	var writing sync.WaitGroup

	writing.Add(1)
	go func() {
		defer writing.Done()
		defer close(done)

		for i := range 100 {
			if _, err := store.Save(sample(fmt.Sprintf("%d@example.com", i%2))); err != nil {
				t.Error(err)
			}
		}
	}()

	for reads := 0; ; reads++ {
		got, _, err := store.Load()
		if err != nil || got.APIKey.Reveal() != "key-of-"+got.Email {
			t.Fatalf("got %q and %v", got.Email, err)
		}

		select {
		case <-done:
			writing.Wait()

			if reads == 0 {
				t.Error("nothing was read meanwhile")
			}

			return
		default:
		}
	}
}

// A symbolic link stays a link: its target is replaced.
func TestStoreFollowsALink(t *testing.T) {
	directory, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "kept.json")
	if err := os.WriteFile(elsewhere, nil, 0o600); err != nil {
		t.Fatal(err)
	}

	if err := os.Symlink(elsewhere, filepath.Join(directory, "credentials.json")); err != nil {
		t.Skip("no links here: ", err)
	}
	store := native.NewStore(directory, nil)
	save(t, store, sample("a@example.com"), native.InFile)

	if text, err := os.ReadFile(elsewhere); err != nil || !strings.Contains(string(text), "a@example.com") {
		t.Errorf("what the link points at was not replaced: %v", err)
	}
	saved(t, store, sample("a@example.com"), native.InFile)
}

// A save that was killed left a file with a key: the next save deletes it.
func TestStoreSweepsUp(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, ".credentials.json-123"), []byte("a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	save(t, native.NewStore(directory, nil), sample("a@example.com"), native.InFile)

	if got := files(t, directory); !slices.Equal(got, []string{"credentials.json"}) {
		t.Errorf("got files %v", got)
	}
}
