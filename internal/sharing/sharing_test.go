//go:build unix

package sharing_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/upstash-connect/bff/internal/sharing"
)

// someone is the user id of the helper process.
const (
	someone, groups = 10001, 5000

	setgid = os.ModeSetgid
)

// TestMain is also the helper process: it creates files in a directory as another user, and prints their modes.
func TestMain(m *testing.M) {
	dir := os.Getenv("SHARING_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}

	syscall.Umask(0o077)

	for _, name := range []string{"file", "created/by us/file"} {
		path := filepath.Join(dir, name)
		if err := makeFile(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}

		fmt.Printf("%o %o\n", mode(filepath.Dir(path)), mode(path))
	}
}

func makeFile(path string) error {
	if err := sharing.MkdirAll(filepath.Dir(path)); err != nil {
		return err
	}

	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()

	if err := sharing.Protect(file); err != nil {
		return err
	}

	if err := sharing.ProtectPath(path); err != nil {
		return err
	}

	info, err := file.Stat()
	if err == nil && sharing.Shared(info, filepath.Dir(path)) && info.Mode().Perm() != 0o660 {
		return fmt.Errorf("%s is reported as shared, but has mode %o", path, info.Mode().Perm())
	}

	return err
}

func mode(path string) os.FileMode {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}

	return info.Mode().Perm()
}

// as runs the helper process in a directory, with a user, a group and optional other groups.
func as(t *testing.T, dir string, uid, gid uint32, more ...uint32) string {
	t.Helper()

	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: root is required to act as several users")
	}

	// Other users may enter neither the test binary's directory nor the temporary one.
	program := filepath.Join(filepath.Dir(dir), "helper")
	if _, err := os.Stat(program); err != nil {
		copyProgram(t, program)
	}

	for up := filepath.Dir(dir); up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}

	helper := exec.Command(program)
	helper.Env = []string{"SHARING_TEST_DIR=" + dir}
	helper.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: more}}
	output, _ := helper.CombinedOutput()

	return strings.TrimSpace(string(output))
}

func copyProgram(t *testing.T, to string) {
	t.Helper()

	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}

	source, err := os.Open(own)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()

	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}

	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}

	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}

// Files are accessible only to their owner, except where the owner can write only through group 0.
func TestFilesAreSharedOnlyInGroupZeroDirectories(t *testing.T) {
	const (
		alone  = "700 600"
		shared = "770 660"
	)

	for name, tc := range map[string]struct {
		owner, group int
		mode         os.FileMode
		uid, gid     uint32
		more         []uint32
		want         string // modes of the created directory and file; empty: nothing can be created
	}{
		"an image's, any user of group 0": {65532, 0, 0o770, someone, 0, nil, shared},
		"root's, any user of group 0":     {0, 0, 0o775, someone, 0, nil, shared},
		"a volume of the Pod's group":     {0, groups, 0o775 | setgid, someone, 0, []uint32{groups}, alone},
		"a team's": {
			0, groups, 0o775 | setgid, someone, someone, []uint32{groups}, alone,
		},
		"a colleague's":                          {someone + 1, groups, 0o770, someone, groups, nil, alone},
		"our own":                                {someone, someone, 0o700, someone, someone, nil, alone},
		"our own, after umask 002":               {someone, someone, 0o775, someone, someone, nil, alone},
		"our own, of a group that others are in": {someone, groups, 0o770 | setgid, someone, groups, nil, alone},
		"our own, of group 0":                    {someone, 0, 0o770, someone, 0, nil, alone},
		"everybody's":                            {0, 0, 0o777, someone, 0, nil, alone},
		"everybody's, of the Pod's group":        {0, groups, 0o777 | setgid, someone, 0, []uint32{groups}, alone},
		"for temporary files":                    {0, 0, 0o777 | os.ModeSticky, someone, 0, nil, alone},
		"another group's than our files'":        {0, groups, 0o775, someone, someone, []uint32{groups}, alone},
		"another's, run by root":                 {65532, 0, 0o770, 0, 0, nil, alone},
		"not for the group to write":             {65532, 0, 0o750, someone, 0, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dir")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}

			if os.Geteuid() == 0 {
				if err := os.Chown(dir, tc.owner, tc.group); err != nil {
					t.Fatal(err)
				}
			}

			if err := os.Chmod(dir, tc.mode); err != nil {
				t.Fatal(err)
			}

			for range 2 { // the second run finds the files of the first
				got := as(t, dir, tc.uid, tc.gid, tc.more...)
				if tc.want == "" && strings.Contains(got, "permission denied") {
					continue
				}

				if lines := strings.Split(got, "\n"); len(lines) != 2 || tc.want == "" || lines[1] != tc.want ||
					!strings.HasSuffix(lines[0], tc.want[3:]) {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			}
		})
	}
}

// An existing database that only its owner could read stays private in a team's directory.
func TestExistingFilesAreNotOpenedToATeam(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}

	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 0, groups); err != nil {
			t.Fatal(err)
		}
	}

	if err := os.Chmod(dir, 0o775|setgid); err != nil {
		t.Fatal(err)
	}
	as(t, dir, someone, someone, groups)

	file := filepath.Join(dir, "file")
	for _, before := range []os.FileMode{0o600, 0o660, 0o640} {
		if err := os.Chmod(file, before); err != nil {
			t.Fatal(err)
		}

		as(t, dir, someone, someone, groups)

		if got := mode(file); got != 0o600 {
			t.Errorf("from mode %o: got %o, want 600", before, got)
		}
	}
}

// The next user can use what another user of the group left, but rejects a file that is open to others.
func TestAnotherUsersFilesAreUnchanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}

	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}

	if first := as(t, dir, someone, 0); first != "770 660\n770 660" {
		t.Fatalf("got %q", first)
	}

	if next := as(t, dir, someone+1, 0); next != "770 660\n770 660" {
		t.Errorf("the next user: got %q", next)
	}

	if root := as(t, dir, 0, 0); root != "770 660\n770 660" {
		t.Errorf("root, which keeps access for others: got %q", root)
	}

	if err := os.Chmod(filepath.Join(dir, "file"), 0o666); err != nil {
		t.Fatal(err)
	}

	if next := as(t, dir, someone+1, 0); !strings.Contains(next, "operation not permitted") {
		t.Errorf("a file that everybody may read: got %q", next)
	}

	if owner := as(t, dir, someone, 0); !strings.HasSuffix(strings.Split(owner, "\n")[0], " 660") {
		t.Errorf("its owner, who fixes it: got %q", owner)
	}
}
