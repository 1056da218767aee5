package writers_test

import (
	"os"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/writers"
)

func TestDirectoriesWritableByOthersAreReported(t *testing.T) {
	directory := t.TempDir()
	for mode, want := range map[os.FileMode]string{
		0o700: "", 0o755: "", 0o770: "", 0o777: "every user", 0o1777: "every user", 0o702: "every user",
	} {
		if err := os.Chmod(directory, mode); err != nil {
			t.Fatal(err)
		}

		if got := writers.Warning(directory); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("mode %04o: got %q, want %q in it", mode, got, want)
		}
	}

	if got := writers.Warning(directory + "/none"); got != "" {
		t.Errorf("no directory: got %q, want no warning", got)
	}
}
