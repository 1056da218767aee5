//go:build unix

package test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Row S01: a platform that gives each container a user id of its own, in group 0, on a volume that the image made. The
// next one continues with the files of the previous one, however that ended, and no other user has access.
//
// Threat model: S01.
func TestAnotherUserOfTheGroupCanTakeOver(t *testing.T) {
	t.Parallel()

	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: root is required to run as several users")
	}

	f := harness.NewFleet(t)
	data := filepath.Dir(f.Database)
	makeTraversable(t, f)

	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}

	if err := os.Chmod(data, 0o770); err != nil { // as the Dockerfile has it
		t.Fatal(err)
	}

	if err := os.Chown(data, 65532, 0); err != nil {
		t.Fatal(err)
	}

	user, umask := uint32(0), ""
	f.As = func(command *exec.Cmd) {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: 0}}
		command.Args[2] = strings.Replace(command.Args[2], "umask 000", "umask "+umask, 1)
	}
	keyset := filepath.Join(data, "keyset.json")
	ran := func(arguments ...string) {
		t.Helper()

		if got := f.Command(t, arguments...); got.Code != 0 {
			t.Errorf("bff %s as %d: %s", strings.Join(arguments, " "), user, got.Stderr)
		}
	}

	user, umask = 1000650001, "077"
	ran("keyset", "create", keyset)

	killed := f.Serve(t, "BFF_KEYSET_FILE="+keyset)
	first := f.Connect(t, "first@example.com").Connection(t, 201)
	ran("backup", filepath.Join(data, "backups", "bff.db"))

	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Died(t)
	onlyTheGroup(t, data)

	user, umask = 1000660002, "022"
	next := f.Serve(t, "BFF_KEYSET_FILE="+keyset)

	if again := f.Connect(t, "first@example.com").Connection(t, 200); again.KeyName != first.KeyName {
		t.Errorf("got the key %s, want %s, which the user before made", again.KeyName, first.KeyName)
	}
	f.Connect(t, "second@example.com").Connection(t, 201)
	ran("backup", "--force", filepath.Join(data, "backups", "bff.db"))
	ran("keyset", "rotate", "--keyset-file", keyset)
	next.Terminated(t)
	onlyTheGroup(t, data)

	user, umask = 1000650001, "077" // and back
	last := f.Serve(t, "BFF_KEYSET_FILE="+keyset)
	f.Connect(t, "second@example.com").Connection(t, 200)
	ran("keyset", "verify", "--keyset-file", keyset)
	last.Terminated(t)
}

// makeTraversable lets other users enter the parent directories of the program and the fleet.
func makeTraversable(t *testing.T, f *harness.Fleet) {
	t.Helper()

	program, err := harness.Binary()
	if err != nil {
		t.Fatal(err)
	}

	for _, dir := range []string{filepath.Dir(program), f.Dir, filepath.Dir(f.Dir)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func onlyTheGroup(t *testing.T, dir string) {
	t.Helper()

	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}

		info, err := entry.Info()
		if err != nil {
			return err
		}

		want := map[bool]fs.FileMode{false: 0o660, true: 0o770}[entry.IsDir()]
		if name := entry.Name(); strings.HasPrefix(name, "keyset.json") && !strings.HasSuffix(name, ".lock") {
			want = 0o640
		}

		if got := info.Mode().Perm(); got != want || info.Sys().(*syscall.Stat_t).Gid != 0 {
			t.Errorf("%s: got mode %v, want %v and group 0", path, got, want)
		}

		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
