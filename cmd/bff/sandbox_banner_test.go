package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// The banner names the mode and the seed that reproduces the same faults; without a mode it names neither.
func TestTheBannerNamesTheFaultMode(t *testing.T) {
	t.Parallel()

	for mode, flags := range map[string]sandboxFlags{"REALISTIC": {realistic: true}, "STRICT": {strict: true}, "": {}} {
		var banner bytes.Buffer
		program{stdout: io.Discard, stderr: &banner}.announce(readyLine{}, "", faultsNote(flags.mode(), 4711), 0)

		if got := strings.Contains(
			banner.String(), "--seed 4711",
		); got != (mode != "") ||
			!strings.Contains(banner.String(), mode) {
			t.Errorf("%q: got %s", mode, banner.String())
		}
	}

	var banner bytes.Buffer
	program{stdout: io.Discard, stderr: &banner}.announce(readyLine{Upstash: "http://127.0.0.1:8082"}, "", "", 0)

	for _, want := range []string{
		"Console            http://127.0.0.1:8082/console ", "Accounts, logins and keys are simulated. Databases", "run on this machine (miniredis).",
	} {
		if !strings.Contains(banner.String(), want) {
			t.Errorf("the banner lacks %q: %s", want, banner.String())
		}
	}

	var said bytes.Buffer
	if code := run(
		t.Context(), []string{"sandbox", "--data-dir", t.TempDir(), "--realistic", "--strict"}, nil, io.Discard, &said,
	); code != 2 {
		t.Errorf("both modes at once: got code %d and %s, want 2", code, said.String())
	}
}
