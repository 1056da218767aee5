package seal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/seal"
)

func fresh(t *testing.T) *seal.Keyset {
	t.Helper()

	keyset, err := seal.FreshKeyset()
	if err != nil {
		t.Fatal(err)
	}

	return keyset
}

func added(t *testing.T, keyset *seal.Keyset) *seal.Keyset {
	t.Helper()

	more, err := keyset.WithNewKey()
	if err != nil {
		t.Fatal(err)
	}

	return more
}

func promoted(t *testing.T, keyset *seal.Keyset) *seal.Keyset {
	t.Helper()

	next, err := keyset.WithPrimary(keyset.Newest())
	if err != nil {
		t.Fatal(err)
	}

	return next
}

func encoded(t *testing.T, keyset *seal.Keyset, kek seal.KEK) []byte {
	t.Helper()

	text, err := keyset.Encode(kek)
	if err != nil {
		t.Fatal(err)
	}

	return text
}

var home = seal.Cell{Table: "connections", Row: "con_1", Column: "sealed_key"}

func sealed(t *testing.T, keyset *seal.Keyset) []byte {
	t.Helper()

	value, err := keyset.Seal([]byte("a developer key"), home)
	if err != nil {
		t.Fatal(err)
	}

	return value
}

// Each step of a rotation decrypts what the steps before have sealed, except what was dropped.
func TestKeysetThroughARotation(t *testing.T) {
	first := fresh(t)
	second := added(t, first)
	third := promoted(t, second)

	last, err := third.PrimaryAlone()
	if err != nil {
		t.Fatal(err)
	}

	if second.Primary() != first.Primary() || second.Newest() == first.Primary() || third.Primary() != second.Newest() {
		t.Errorf("primaries: %d, %d, %d", first.Primary(), second.Primary(), third.Primary())
	}

	if got := last.Keys(); !slices.Equal(got, []seal.KeyID{third.Primary()}) {
		t.Errorf("at the end: got keys %v, want %d alone", got, third.Primary())
	}

	fingerprints := map[string]bool{}
	for _, keyset := range []*seal.Keyset{first, second, third, last} {
		fingerprints[keyset.Fingerprint()] = true

		again, err := seal.ParseKeyset(encoded(t, keyset, nil), nil)
		if err != nil || again.Fingerprint() != keyset.Fingerprint() {
			t.Errorf("written and read: %v", err)
		}
	}

	if len(fingerprints) != 4 {
		t.Errorf("got %d fingerprints of four keysets", len(fingerprints))
	}

	before, after := sealed(t, first), sealed(t, third)
	if id, ok := seal.KeyIDOf(before); !ok || id != first.Primary() {
		t.Errorf("KeyIDOf = %d, %t, want %d", id, ok, first.Primary())
	}

	for name, tc := range map[string]struct {
		keyset *seal.Keyset
		value  []byte
		opens  bool
	}{
		"new keyset, old value": {third, before, true}, "added key, new value": {second, after, true}, "last keyset, new value": {last, after, true},
		"old keyset, new value": {first, after, false}, "last keyset, old value": {last, before, false},
	} {
		_, err := tc.keyset.Open(tc.value, home)

		var unknown *seal.UnknownKeyError
		if (err == nil) != tc.opens ||
			(err != nil && (!errors.As(err, &unknown) || errors.Is(err, seal.ErrCannotOpen))) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	damaged := slices.Clone(before)

	damaged[0] = 7
	if _, err := first.Open(damaged, home); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("a value that begins as none does: got %v", err)
	}
}

// A box on a file reloads on request, and when it meets an unknown key; an error
// with the file, the keyset before stays.
func TestBoxReloadsItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyset.json")
	file := seal.File{Path: path}

	first := fresh(t)
	if err := os.WriteFile(path, encoded(t, first, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("not this one")
	var accept error

	box, err := seal.OpenBox(seal.BoxOptions{Source: file, Accept: func(*seal.Keyset) error { return accept }})
	if err != nil {
		t.Fatal(err)
	}
	reload := func(wantChange bool, wantErr string) {
		t.Helper()

		changed, err := box.Reload()
		if changed != wantChange || (err == nil) != (wantErr == "") ||
			(err != nil && !strings.Contains(err.Error(), wantErr)) {
			t.Errorf("Reload = %t, %v, want %t, %q", changed, err, wantChange, wantErr)
		}
	}
	reload(false, "")
	next := promoted(t, added(t, first))
	replace(t, file, encoded(t, next, nil))

	if got, err := box.Open(sealed(t, next), home); err != nil || string(got) != "a developer key" {
		t.Errorf("a key it meets first: got %q, %v", got, err)
	}

	if box.Keyset().Fingerprint() != next.Fingerprint() {
		t.Error("the box did not keep what it read")
	}

	var unknown *seal.UnknownKeyError
	if _, err := box.Open(
		sealed(t, fresh(t)), home,
	); !errors.As(err, &unknown) ||
		problem.CodeOf(err) != problem.StorageUnavailable {
		t.Errorf("a key that is nowhere: got %v", err)
	}

	for fault, text := range map[string]string{"empty": " ", "not a Tink keyset": `{"key":[]}`} {
		replace(t, file, []byte(text))
		reload(false, fault)
		reload(false, fault) // still
	}
	accept = refusal
	replace(t, file, encoded(t, added(t, next), nil))
	reload(false, "not this one")

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	reload(false, "cannot be read")

	if box.Keyset().Fingerprint() != next.Fingerprint() {
		t.Error("the keyset before did not stay")
	}
	accept = nil

	if err := os.WriteFile(path, encoded(t, first, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	reload(true, "")
}

// replace overwrites the file with text.
func replace(t *testing.T, file seal.File, text []byte) {
	t.Helper()

	before, err := file.Read()
	if err == nil {
		err = file.Replace(before, text)
	}

	if err != nil {
		t.Fatal(err)
	}
}

func TestFileReplacementIsCompleteAndPrivate(t *testing.T) {
	dir := t.TempDir()

	target, link := filepath.Join(dir, "real.json"), filepath.Join(t.TempDir(), "keyset.json")
	if err := errors.Join(os.WriteFile(target, []byte("before"), 0o644), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}

	if err := (seal.File{Path: link}).Replace([]byte("before"), []byte("after")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(target)

	info, statErr := os.Stat(target)
	if err != nil || statErr != nil || string(text) != "after" || info.Mode().Perm() != 0o640 {
		t.Errorf("got %q, %v, %v with mode %v, want it after and 0640", text, err, statErr, info.Mode())
	}

	if linked, err := os.Lstat(link); err != nil || linked.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced instead of what it points at")
	}

	others := []string{
		".keyset-2025-offline-copy.json",
		"." + filepath.Base(target) + ".partial-copy",
		".other.json.partial-1",
	}
	// the first was left by one that was killed
	for _, name := range append([]string{"." + filepath.Base(target) + ".partial-1"}, others...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("keys"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	if err := (seal.File{Path: link}).Leftovers(); err != nil {
		t.Fatal(err)
	}

	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1+len(others) {
		t.Errorf("got %v, %v, want what is somebody else's beside the file, and nothing more", entries, err)
	}

	if err := (seal.File{Path: filepath.Join(dir, "nothing")}).Replace(nil, []byte("x")); err == nil {
		t.Error("a file that was never there was replaced")
	}
}

// Who could read it can read it afterwards, and nobody else: the owner always, its group if it could, others never.
func TestFileKeepsItsReaders(t *testing.T) {
	file := seal.File{Path: filepath.Join(t.TempDir(), "keyset.json")}
	if err := file.Create([]byte("0")); err != nil {
		t.Fatal(err)
	}

	for i, modes := range [][2]os.FileMode{
		{0o600, 0o600}, {0o640, 0o640}, {0o660, 0o640}, {0o644, 0o640}, {0o400, 0o400}, {0o440, 0o440},
	} {
		if err := os.Chmod(file.Path, modes[0]); err != nil {
			t.Fatal(err)
		}
		replace(t, file, []byte(strconv.Itoa(i)))

		info, err := os.Stat(file.Path)
		if err != nil || info.Mode().Perm() != modes[1] {
			t.Errorf("of mode %v: got %v, %v, want %v", modes[0], info.Mode().Perm(), err, modes[1])
		}
	}
}

// An existing file is not overwritten: its keys may have sealed data already.
func TestChangedFileIsNotReplaced(t *testing.T) {
	file := seal.File{Path: filepath.Join(t.TempDir(), "keyset.json")}
	if err := file.Create([]byte("read")); err != nil {
		t.Fatal(err)
	}

	if err := file.Create([]byte("again")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made a second time: got %v", err)
	}

	if err := os.WriteFile(file.Path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}

	if err := file.Replace([]byte("read"), []byte("ours")); !errors.Is(err, seal.ErrChanged) {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(file.Path)

	entries, dirErr := os.ReadDir(filepath.Dir(file.Path))
	if string(text) != "theirs" || len(entries) != 1 || err != nil || dirErr != nil {
		t.Errorf("got %q, %v beside it, %v, %v", text, entries, err, dirErr)
	}
}
