//go:build unix

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/pgtest"
)

// manyRows connects accounts and creates databases, so that a rotation takes several batches.
func (f *fleet) manyRows(t *testing.T) ([]member, *load) {
	t.Helper()
	var members []member
	before := &load{}
	for n := range 20 {
		m := f.joined(t, fmt.Sprintf("early-%d@example.com", n))
		members = append(members, m)
		for c := range 6 {
			key := fmt.Sprintf("early-%d-%d", n, c)
			before.remember(m, key, m.create(t, key, createBody(key)).is(t, 201))
		}
	}
	return members, before
}

// Rows R8 and S05: the sealing key is rotated beside a server under load, and the rotation is killed ten times, at each
// moment at which that could cost something. Every row can be read throughout.
func TestR8S05RotateUnderLoadKilledTenTimes(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	server := f.serve(t)
	members, before := f.manyRows(t)
	var newcomers []string
	for n := range 150 {
		newcomers = append(newcomers, f.tokenOf(t, fmt.Sprintf("late-%d@example.com", n)))
	}
	oldText, err := os.ReadFile(f.keyset())
	if err != nil {
		t.Fatal(err)
	}
	old := f.keysetNow(t).Primary()
	l := f.startLoad(t, members, newcomers)
	l.mu.Lock()
	l.made = append(l.made, before.made...)
	l.mu.Unlock()

	kills := 0
	for _, at := range []killpoint.Point{
		killpoint.KeysetWritten, killpoint.RotateAdded, // of the keyset with one key more
		killpoint.KeysetWritten, killpoint.RotatePromoted, // of the one in which it seals
		killpoint.RotateOpened, killpoint.RotateResealed, killpoint.RotateOpened,
	} {
		f.killedAt(t, at)
		kills++
		f.succeeds(t, "keyset", "verify")
	}
	timed := f.begin(t, nil, "keyset", "rotate")
	timed.says(t, "is the primary")
	_ = timed.Process.Kill()
	t.Logf("killed wherever it was: %v", <-timed.ended)
	kills++
	f.succeeds(t, "keyset", "verify")
	next := f.keysetNow(t)
	if got := next.Keys(); len(got) != 2 || got[0] != old || next.Primary() != got[1] {
		t.Fatalf("after %d kills: got keys %v with primary %d, want one more than %d", kills, got, next.Primary(), old)
	}
	if got := f.succeeds(t, "keyset", "rotate"); !strings.Contains(got.stderr, "every row is sealed by") {
		t.Errorf("the rotation: got %+v", got)
	}
	if got := f.succeeds(t, "keyset", "verify"); strings.Contains(got.stdout, fmt.Sprint(old)) {
		t.Errorf("rows of the old key are left: %s", got.stdout)
	}
	for _, at := range []killpoint.Point{killpoint.RotateForbidden, killpoint.KeysetWritten} {
		f.killedAt(t, at, "--retire")
		kills++
		f.succeeds(t, "keyset", "verify")
	}
	if kills != 10 {
		t.Errorf("killed %d times, want ten", kills)
	}
	f.succeeds(t, "keyset", "rotate", "--retire")
	if got := f.keysetNow(t).Keys(); len(got) != 1 || got[0] != next.Primary() {
		t.Errorf("got keys %v, want %d alone", got, next.Primary())
	}
	verified := f.succeeds(t, "keyset", "verify")
	rotated := l.answered.Load()
	if !eventually(func() bool { return l.answered.Load() > max(rotated+100, 400) }) { // some with the new key alone
		t.Errorf("the load made %d calls: not what it is meant to be", l.answered.Load())
	}
	l.end(t)
	f.succeeds(t, "keyset", "verify")
	t.Logf("%s", verified.stdout)
	f.rolledBack(t, server, members[0], oldText)
}

// rolledBack puts the keyset of before the rotation into its place: the server that runs does not take it, and none starts
// with it.
func (f *fleet) rolledBack(t *testing.T, server *process, m member, oldText []byte) {
	t.Helper()
	newText, err := os.ReadFile(f.keyset())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.keyset(), oldText, 0o600); err != nil {
		t.Fatal(err)
	}
	if !eventually(func() bool { return strings.Contains(f.log.String(), "the one before stays in force") }) {
		t.Error("the server does not say that it refuses the old keyset")
	}
	m.list(t)
	f.connect(t, "while-rolled-back@example.com").is(t, 201)
	f.fails(t, "rows do not open: con_", "keyset", "verify")
	server.terminated(t)
	f.fails(t, "sealing keyset", "serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost:9")
	f.fails(t, "is refused", "keyset", "rotate")
	if err := os.WriteFile(f.keyset(), newText, 0o600); err != nil {
		t.Fatal(err)
	}
	f.serve(t)
	m.URL = f.URL
	m.list(t)
}

// A server that lives and does not have the new key holds the rotation up: nothing is sealed with a key it cannot open. And
// there is one rotation at a time.
func TestS05AServerThatLagsBehindHoldsTheRotation(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	own := f.dir + "/own-keyset.json"
	copyKeyset := func() {
		t.Helper()
		text, err := os.ReadFile(f.keyset())
		if err == nil {
			err = os.WriteFile(own, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyKeyset()
	f.serve(t, "KILLPOINT_SHARED=1", "BFF_KEYSET_FILE="+own) // reads a file that nobody rotates
	f.serve(t, "KILLPOINT_SHARED=1")
	f.connect(t, "someone@example.com").is(t, 201)
	before := f.keysetNow(t)

	first := f.begin(t, nil, "keyset", "rotate", "--timeout", "8s")
	first.says(t, "waiting until every server has it")
	f.fails(t, "another rotation of", "keyset", "rotate", "--timeout", "5s")
	link := f.dir + "/called-otherwise.json"
	if err := os.Symlink(f.keyset(), link); err != nil {
		t.Fatal(err)
	}
	f.fails(t, "another rotation of", "keyset", "rotate", "--timeout", "5s", "--keyset-file", link)
	if err := <-first.ended; err == nil || !strings.Contains(first.log.String(), "not every server has the keyset") ||
		!strings.Contains(first.log.String(), before.Fingerprint()) {
		t.Errorf("got %v and %s, want the server named that has %s", err, first.log, before.Fingerprint())
	}
	if got := f.keysetNow(t); got.Primary() != before.Primary() || len(got.Keys()) != 2 {
		t.Errorf("got keys %v with primary %d, want %d to seal still", got.Keys(), got.Primary(), before.Primary())
	}
	copyKeyset()
	second := f.begin(t, nil, "keyset", "rotate")
	second.says(t, "is the primary now")
	second.says(t, "waiting until every server seals with it")
	copyKeyset()
	if err := <-second.ended; err != nil {
		t.Errorf("after the file was given to the other server: %v\n%s", err, second.log)
	}
	f.succeeds(t, "keyset", "verify")
}

// A server that was stopped with a minted key sealed and not stored, long enough to count as gone, and goes on when its key was retired:
// what that seals is not taken, and the minted key is stored all the same.
func TestS05AServerStoppedThroughTheRotationLosesNothing(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	server := f.serve(t)
	f.connect(t, "early@example.com").is(t, 201)
	token := f.tokenOf(t, "stopped@example.com")
	f.arm(t, killpoint.KeySealed, "stop")
	answered := make(chan answer, 1)
	go func() {
		got, err := f.try(t.Context(), "PUT", "/api/v1/connection", bearer(token), "")
		if err != nil {
			t.Errorf("the connect: %v", err)
		}
		answered <- got
	}()
	server.stopped(t)
	f.succeeds(t, "keyset", "rotate", "--retire", "--no-servers") // said in error: it runs, and sleeps
	server.resume(t)
	if got := <-answered; got.status != 201 {
		t.Errorf("got %d %s, want 201", got.status, got.body)
	}
	f.oneLiveKey(t, "stopped@example.com", 1)
	f.oneLiveKey(t, "early@example.com", 1)
	f.succeeds(t, "keyset", "verify")
}

// Where the keyset is in the environment, the operator deploys: each call says what is next, and the third seals.
func TestS05RotateAKeysetOfTheEnvironment(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	server := f.serve(t)
	f.connect(t, "someone@example.com").is(t, 201)
	server.terminated(t)
	out := f.dir + "/out"
	call := func(keyset string, arguments ...string) ran {
		t.Helper()
		text, err := os.ReadFile(keyset)
		if err != nil {
			t.Fatal(err)
		}
		b := f.begin(t, []string{"BFF_KEYSET_FILE=", "BFF_KEYSET=" + strings.TrimSpace(string(text))}, append([]string{"keyset"}, arguments...)...)
		if err := <-b.ended; err != nil && b.ProcessState.ExitCode() != 1 {
			t.Fatal(err)
		}
		if strings.Contains(b.log.String(), "AesGcmKey") != (len(arguments) > 1 && arguments[1] == "--print") {
			t.Errorf("%v: shows a keyset, or does not: %s", arguments, b.log)
		}
		return ran{code: b.ProcessState.ExitCode(), stderr: b.log.String()}
	}
	steps := []struct {
		keyset, arguments string
		code              int
		want              string
	}{
		{f.keyset(), "rotate", 1, "--out DIR"},
		{f.keyset(), "rotate --print", 1, "keyset-2-promoted.json"},
		{f.keyset(), "rotate --out " + out, 1, "give every server " + out + "/keyset-1-added.json"},
		{f.keyset(), "rotate --out " + out, 1, "give every server " + out + "/keyset-1-added.json"}, // again: what it wrote stands
		{out + "/keyset-1-added.json", "rotate --out " + out, 1, "give every server " + out + "/keyset-2-promoted.json"},
		{out + "/keyset-2-promoted.json", "rotate --out " + out, 0, "every row is sealed by key"},
		{out + "/keyset-2-promoted.json", "verify", 0, "connections"},
		{out + "/keyset-2-promoted.json", "rotate --retire --no-servers --out " + out, 1, "give every server " + out + "/keyset-3-retired.json"},
		{out + "/keyset-3-retired.json", "verify", 0, "connections"},
		{out + "/keyset-3-retired.json", "rotate --out " + out, 1, "keyset-1-added.json is there already and is another keyset"},
		{f.keyset(), "verify", 1, "1 rows do not open: con_"},
	}
	for _, step := range steps {
		if got := call(step.keyset, strings.Fields(step.arguments)...); got.code != step.code || !strings.Contains(got.stderr, step.want) {
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
func TestS05RotateMakesNoDatabase(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.fails(t, "no database", "keyset", "rotate", "--retire")
	if _, err := os.Stat(f.database); err == nil {
		t.Error("it made one")
	}
	if got := f.keysetNow(t).Keys(); len(got) != 1 {
		t.Errorf("got keys %v, want one", got)
	}
}

// One that exists and holds nothing is no better: it may be another installation's.
func TestS05RetireKeepsKeysThatAnotherDatabaseMayNeed(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.serve(t).terminated(t) // makes the tables
	old := f.keysetNow(t).Primary()
	f.fails(t, "holds no sealed row", "keyset", "rotate", "--retire")
	if got := f.keysetNow(t); !got.Has(old) {
		t.Errorf("got keys %v, want %d among them", got.Keys(), old)
	}
	f.serve(t)
	f.connect(t, "someone@example.com").is(t, 201)
	f.succeeds(t, "keyset", "rotate", "--retire")
	if got := f.keysetNow(t); got.Has(old) {
		t.Errorf("got keys %v, want %d gone", got.Keys(), old)
	}
}

// A copy of a database in use is as good a witness as any, and knows nothing of the servers of the original.
func TestS05RetireIsRefusedOnACopy(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.serve(t)
	f.connect(t, "someone@example.com").is(t, 201)
	old := f.keysetNow(t).Primary()
	f.succeeds(t, "backup", f.dir+"/copy.db")
	b := f.begin(t, []string{"BFF_DATABASE_URL=sqlite://" + f.dir + "/copy.db"}, "keyset", "rotate", "--retire")
	if err := <-b.ended; err == nil || !strings.Contains(b.log.String(), "no server runs on this database") {
		t.Errorf("got %v, want it refused: %s", err, b.log)
	}
	if got := f.keysetNow(t); !got.Has(old) {
		t.Errorf("got keys %v, want %d among them", got.Keys(), old)
	}
	f.succeeds(t, "keyset", "verify")
}

// Two replicas on one Postgres, which read one file: the same, with calls to both.
func TestS05RotateBesideTwoReplicas(t *testing.T) {
	t.Parallel()
	database := "BFF_DATABASE_URL=" + pgtest.URL(t)
	f := newFleet(t)
	f.serve(t, database)
	one := f.joined(t, "one@example.com")
	f.serve(t, database)
	two := f.joined(t, "two@example.com")
	made := one.create(t, "early", createBody("early")).database(t, 201)
	old := f.keysetNow(t).Primary()
	rotating := f.begin(t, []string{database}, "keyset", "rotate", "--retire")
	for n := 0; ; n++ {
		key := fmt.Sprint("meanwhile-", n)
		two.create(t, key, createBody(key)).is(t, 201)
		f.connect(t, fmt.Sprintf("meanwhile-%d@example.com", n)).is(t, 201)
		if again := one.create(t, "early", createBody("early")).database(t, 201); again.ID != made.ID {
			t.Errorf("got %s, want %s", again.ID, made.ID)
		}
		select {
		case err := <-rotating.ended:
			if err != nil {
				t.Fatalf("the rotation: %v\n%s", err, rotating.log)
			}
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}
	if got := f.keysetNow(t); len(got.Keys()) != 1 || got.Has(old) {
		t.Errorf("got keys %v, want another than %d alone", got.Keys(), old)
	}
	verify := f.begin(t, []string{database}, "keyset", "verify")
	if err := <-verify.ended; err != nil || strings.Contains(verify.log.String(), fmt.Sprint(old)) {
		t.Errorf("verify: %v\n%s", err, verify.log)
	}
}
