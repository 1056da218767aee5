//go:build unix

package test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/test/harness"
)

// stepsOfARotation are the moments at which a rotation is killed before its last step: all of them in the long form,
// which makes ten kills with those of the test itself.
func stepsOfARotation() []killpoint.Point {
	if !harness.Soak() {
		return []killpoint.Point{killpoint.KeysetWritten, killpoint.RotatePromoted, killpoint.RotateResealed}
	}

	return []killpoint.Point{
		killpoint.KeysetWritten, killpoint.RotateAdded, // of the keyset with one key more
		killpoint.KeysetWritten, killpoint.RotatePromoted, // of the one in which it seals
		killpoint.RotateOpened, killpoint.RotateResealed, killpoint.RotateOpened,
	}
}

// Rows R8 and S05: the sealing key is rotated while a server is under load, and the rotation is killed at each
// moment at which that could cost something. Every row can be read throughout.
//
// Threat model: R8, S05.
func TestRotationUnderLoadSurvivesKills(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	members, before := f.ManyRows(t)

	var newcomers []string
	for n := range 150 {
		newcomers = append(newcomers, f.TokenOf(t, fmt.Sprintf("late-%d@example.com", n)))
	}

	oldText, err := os.ReadFile(f.Keyset())
	if err != nil {
		t.Fatal(err)
	}
	old := f.ReadKeyset(t).Primary()
	l := f.StartLoad(t, members, newcomers)
	l.Mu.Lock()
	l.Made = append(l.Made, before.Made...)
	l.Mu.Unlock()

	kills := 0
	for _, at := range stepsOfARotation() {
		f.KilledAt(t, at)
		kills++
		f.Succeeds(t, "keyset", "verify")
	}
	timed := f.Begin(t, nil, "keyset", "rotate")
	timed.WaitForOutput(t, "is the primary")
	_ = timed.Process.Kill()
	t.Logf("killed wherever it was: %v", <-timed.Ended)
	kills++
	f.Succeeds(t, "keyset", "verify")

	next := f.ReadKeyset(t)
	if got := next.Keys(); len(got) != 2 || got[0] != old || next.Primary() != got[1] {
		t.Fatalf("after %d kills: got keys %v with primary %d, want one more than %d", kills, got, next.Primary(), old)
	}

	if got := f.Succeeds(t, "keyset", "rotate"); !strings.Contains(got.Stderr, "every row is sealed by") {
		t.Errorf("the rotation: got %+v", got)
	}

	if got := f.Succeeds(t, "keyset", "verify"); strings.Contains(got.Stdout, fmt.Sprint(old)) {
		t.Errorf("rows of the old key are left: %s", got.Stdout)
	}

	for _, at := range []killpoint.Point{killpoint.RotateForbidden, killpoint.KeysetWritten} {
		f.KilledAt(t, at, "--retire")
		kills++
		f.Succeeds(t, "keyset", "verify")
	}

	if want := len(stepsOfARotation()) + 3; kills != want {
		t.Errorf("killed %d times, want %d", kills, want)
	}
	f.Succeeds(t, "keyset", "rotate", "--retire")

	if got := f.ReadKeyset(t).Keys(); len(got) != 1 || got[0] != next.Primary() {
		t.Errorf("got keys %v, want %d alone", got, next.Primary())
	}
	verified := f.Succeeds(t, "keyset", "verify")

	rotated := l.Answered.Load()
	// some with the new key alone
	if !harness.Eventually(func() bool { return l.Answered.Load() > max(rotated+100, 400) }) {
		t.Errorf("the load made %d calls: not what it is meant to be", l.Answered.Load())
	}
	l.End(t)
	f.Succeeds(t, "keyset", "verify")
	t.Logf("%s", verified.Stdout)
	f.RolledBack(t, server, members[0], oldText)
}

// A running server without the new key delays the rotation: nothing is sealed with a key that it lacks. Only one
// rotation runs at a time.
//
// Threat model: S05.
func TestRotationWaitsForALaggingServer(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	own := f.Dir + "/own-keyset.json"
	copyKeyset := func() {
		t.Helper()

		text, err := os.ReadFile(f.Keyset())
		if err == nil {
			err = os.WriteFile(own, text, 0o600)
		}

		if err != nil {
			t.Fatal(err)
		}
	}
	copyKeyset()
	f.Serve(t, "KILLPOINT_SHARED=1", "BFF_KEYSET_FILE="+own) // reads a file that nobody rotates
	f.Serve(t, "KILLPOINT_SHARED=1")
	f.Connect(t, "someone@example.com").Is(t, 201)
	before := f.ReadKeyset(t)

	first := f.Begin(t, nil, "keyset", "rotate", "--timeout", "8s")
	first.WaitForOutput(t, "waiting until every server has it")
	f.Fails(t, "another rotation of", "keyset", "rotate", "--timeout", "5s")

	link := f.Dir + "/called-otherwise.json"
	if err := os.Symlink(f.Keyset(), link); err != nil {
		t.Fatal(err)
	}
	f.Fails(t, "another rotation of", "keyset", "rotate", "--timeout", "5s", "--keyset-file", link)

	if err := <-first.Ended; err == nil || !strings.Contains(first.Log.String(), "not every server has the keyset") ||
		!strings.Contains(first.Log.String(), before.Fingerprint()) {
		t.Errorf("got %v and %s, want the server named that has %s", err, first.Log, before.Fingerprint())
	}

	if got := f.ReadKeyset(t); got.Primary() != before.Primary() || len(got.Keys()) != 2 {
		t.Errorf("got keys %v with primary %d, want %d to seal still", got.Keys(), got.Primary(), before.Primary())
	}
	copyKeyset()
	second := f.Begin(t, nil, "keyset", "rotate")
	second.WaitForOutput(t, "is now the primary key")
	second.WaitForOutput(t, "waiting until every server seals with it")
	copyKeyset()

	if err := <-second.Ended; err != nil {
		t.Errorf("after the file was given to the other server: %v\n%s", err, second.Log)
	}
	f.Succeeds(t, "keyset", "verify")
}

// A server is paused between sealing a minted key and storing it, long enough to count as stopped, and continues
// after its keyset key was retired: the database rejects data sealed with the old key, and the server still stores
// the minted key.
//
// Threat model: S05.
func TestServerStoppedDuringARotationLosesNothing(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	f.Connect(t, "early@example.com").Is(t, 201)
	token := f.TokenOf(t, "stopped@example.com")
	f.Arm(t, killpoint.KeySealed, "stop")

	answered := make(chan harness.Response, 1)
	go func() {
		got, err := f.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "")
		if err != nil {
			t.Errorf("the connect: %v", err)
		}
		answered <- got
	}()
	server.Stopped(t)
	f.Succeeds(t, "keyset", "rotate", "--retire", "--no-servers") // a wrong flag: a server runs, but is stopped
	server.Resume(t)

	if got := <-answered; got.Status != 201 {
		t.Errorf("got %d %s, want 201", got.Status, got.Body)
	}
	f.OneLiveKey(t, "stopped@example.com", 1)
	f.OneLiveKey(t, "early@example.com", 1)
	f.Succeeds(t, "keyset", "verify")
}

// With the keyset in the environment, the operator deploys it: each call prints the next step, and the third seals.
//
// Threat model: S05.
func TestRotateAKeysetOfTheEnvironment(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	f.Connect(t, "someone@example.com").Is(t, 201)
	server.Terminated(t)
	out := f.Dir + "/out"
	call := func(keyset string, arguments ...string) harness.Ran {
		t.Helper()

		text, err := os.ReadFile(keyset)
		if err != nil {
			t.Fatal(err)
		}

		b := f.Begin(
			t,
			[]string{"BFF_KEYSET_FILE=", "BFF_KEYSET=" + strings.TrimSpace(string(text))},
			append([]string{"keyset"}, arguments...)...)
		if err := <-b.Ended; err != nil && b.ProcessState.ExitCode() != 1 && b.ProcessState.ExitCode() != 2 {
			t.Fatal(err)
		}

		if strings.Contains(b.Log.String(), "AesGcmKey") != (len(arguments) > 1 && arguments[1] == "--print") {
			t.Errorf("%v: shows a keyset, or does not: %s", arguments, b.Log)
		}

		return harness.Ran{Code: b.ProcessState.ExitCode(), Stderr: b.Log.String()}
	}

	steps := []struct {
		keyset, arguments string
		code              int
		want              string
	}{
		{f.Keyset(), "rotate", 2, "--out DIR"},
		{f.Keyset(), "rotate --print", 1, "keyset-2-promoted.json"},
		{f.Keyset(), "rotate --out " + out, 1, "give every server " + out + "/keyset-1-added.json"},
		// again: its output stays the same
		{f.Keyset(), "rotate --out " + out, 1, "give every server " + out + "/keyset-1-added.json"},
		{
			out + "/keyset-1-added.json",
			"rotate --out " + out,
			1,
			"give every server " + out + "/keyset-2-promoted.json",
		},
		{out + "/keyset-2-promoted.json", "rotate --out " + out, 0, "every row is sealed by key"},
		{out + "/keyset-2-promoted.json", "verify", 0, "connections"},
		{
			out + "/keyset-2-promoted.json",
			"rotate --retire --no-servers --out " + out,
			1,
			"give every server " + out + "/keyset-3-retired.json",
		},
		{out + "/keyset-3-retired.json", "verify", 0, "connections"},
		{
			out + "/keyset-3-retired.json",
			"rotate --out " + out,
			1,
			"keyset-1-added.json exists and has another keyset",
		},
		{f.Keyset(), "verify", 1, "1 rows cannot be decrypted: con_"},
	}
	for _, step := range steps {
		if got := call(
			step.keyset,
			strings.Fields(step.arguments)...); got.Code != step.code ||
			!strings.Contains(got.Stderr, step.want) {
			t.Errorf("%s: got %+v, want exit code %d and %q", step.arguments, got, step.code, step.want)
		}
	}

	for _, name := range []string{"keyset-1-added.json", "keyset-2-promoted.json", "keyset-3-retired.json"} {
		if info, err := os.Stat(out + "/" + name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want 0600", name, info, err)
		}
	}
}

// A rotation that names the wrong database must not find an empty one, and drop keys that another needs.
//
// Threat model: S05.
func TestRotateCreatesNoDatabase(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	f.Fails(t, "no database", "keyset", "rotate", "--retire")

	if _, err := os.Stat(f.Database); err == nil {
		t.Error("it made one")
	}

	if got := f.ReadKeyset(t).Keys(); len(got) != 1 {
		t.Errorf("got keys %v, want one", got)
	}
}

// An existing empty database is rejected too: it may belong to another installation.
//
// Threat model: S05.
func TestRetireKeepsKeysThatAnotherDatabaseMayNeed(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	f.Serve(t).Terminated(t) // makes the tables
	old := f.ReadKeyset(t).Primary()
	f.Fails(t, "has no sealed row", "keyset", "rotate", "--retire")

	if got := f.ReadKeyset(t); !got.Has(old) {
		t.Errorf("got keys %v, want %d among them", got.Keys(), old)
	}
	f.Serve(t)
	f.Connect(t, "someone@example.com").Is(t, 201)
	f.Succeeds(t, "keyset", "rotate", "--retire")

	if got := f.ReadKeyset(t); got.Has(old) {
		t.Errorf("got keys %v, want %d gone", got.Keys(), old)
	}
}

// A copy of a database in use is as good a witness as any, and knows nothing of the servers of the original.
//
// Threat model: S05.
func TestRetireIsRejectedOnADatabaseCopy(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	f.Serve(t)
	f.Connect(t, "someone@example.com").Is(t, 201)
	old := f.ReadKeyset(t).Primary()
	f.Succeeds(t, "backup", f.Dir+"/copy.db")

	b := f.Begin(t, []string{"BFF_DATABASE_URL=sqlite://" + f.Dir + "/copy.db"}, "keyset", "rotate", "--retire")
	if err := <-b.Ended; err == nil || !strings.Contains(b.Log.String(), "no server runs on this database") {
		t.Errorf("got %v, want it rejected: %s", err, b.Log)
	}

	if got := f.ReadKeyset(t); !got.Has(old) {
		t.Errorf("got keys %v, want %d among them", got.Keys(), old)
	}
	f.Succeeds(t, "keyset", "verify")
}

// Two replicas on one Postgres, which read one file: the same, with calls to both.
//
// Threat model: S05.
func TestRotateAlongsideTwoReplicas(t *testing.T) {
	t.Parallel()
	database := "BFF_DATABASE_URL=" + pgtest.URL(t)
	f := harness.NewFleet(t)
	f.Serve(t, database)
	one := f.AddMember(t, "one@example.com")
	f.Serve(t, database)
	two := f.AddMember(t, "two@example.com")
	made := one.Create(t, "early", harness.CreateBody("early")).Database(t, 201)
	old := f.ReadKeyset(t).Primary()

	rotating := f.Begin(t, []string{database}, "keyset", "rotate", "--retire")
	for n := 0; ; n++ {
		key := fmt.Sprint("meanwhile-", n)
		two.Create(t, key, harness.CreateBody(key)).Is(t, 201)
		f.Connect(t, fmt.Sprintf("meanwhile-%d@example.com", n)).Is(t, 201)

		if again := one.Create(t, "early", harness.CreateBody("early")).Database(t, 201); again.ID != made.ID {
			t.Errorf("got %s, want %s", again.ID, made.ID)
		}

		select {
		case err := <-rotating.Ended:
			if err != nil {
				t.Fatalf("the rotation: %v\n%s", err, rotating.Log)
			}
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}

	if got := f.ReadKeyset(t); len(got.Keys()) != 1 || got.Has(old) {
		t.Errorf("got keys %v, want another than %d alone", got.Keys(), old)
	}

	verify := f.Begin(t, []string{database}, "keyset", "verify")
	if err := <-verify.Ended; err != nil || strings.Contains(verify.Log.String(), fmt.Sprint(old)) {
		t.Errorf("verify: %v\n%s", err, verify.Log)
	}
}
