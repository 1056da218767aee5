//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/seal"
)

// keysetNow reads the fleet's keyset file.
func (f *fleet) keysetNow(t *testing.T) *seal.Keyset {
	t.Helper()
	text, err := os.ReadFile(f.keyset())
	if err != nil {
		t.Fatal(err)
	}
	keyset, err := seal.ParseKeyset(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return keyset
}

// begun is a command under way.
type begun struct {
	*exec.Cmd
	log   *logBuffer
	ended chan error
}

// begin starts a command of bff.
func (f *fleet) begin(t *testing.T, environ []string, arguments ...string) *begun {
	t.Helper()
	b := &begun{Cmd: f.prepare(t, environ, arguments...), log: &logBuffer{}, ended: make(chan error, 1)}
	b.Stderr, b.Stdout = b.log, b.log
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { b.ended <- b.Wait(); close(b.ended) }()
	t.Cleanup(func() {
		_ = b.Process.Kill() // ended already, in most tests
		for range b.ended {
		}
	})
	return b
}

// says waits until a command has written something.
func (b *begun) says(t *testing.T, text string) {
	t.Helper()
	if !eventually(func() bool { return strings.Contains(b.log.String(), text) }) {
		t.Fatalf("the command did not say %q: %s", text, b.log)
	}
}

// killedAt runs a rotation that is killed at a point.
func (f *fleet) killedAt(t *testing.T, point killpoint.Point, arguments ...string) {
	t.Helper()
	f.arm(t, point, "kill")
	b := f.begin(t, nil, append([]string{"keyset", "rotate"}, arguments...)...)
	var exit *exec.ExitError
	if err := <-b.ended; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("at %s: the rotation ended with %v, want SIGKILL\n%s", point, err, b.log)
	}
}

// succeeds runs a command that has to.
func (f *fleet) succeeds(t *testing.T, arguments ...string) ran {
	t.Helper()
	got := f.command(t, arguments...)
	if got.code != 0 {
		t.Fatalf("bff %s: got %+v", strings.Join(arguments, " "), got)
	}
	return got
}

// fails runs a command that has to end with exit code 1 and name a fault.
func (f *fleet) fails(t *testing.T, want string, arguments ...string) ran {
	t.Helper()
	got := f.command(t, arguments...)
	if got.code != 1 || !strings.Contains(got.stderr, want) {
		t.Errorf("bff %s: got %+v, want exit code 1 and %q", strings.Join(arguments, " "), got, want)
	}
	return got
}

// load is callers who list, connect, create and ask for earlier creates again, twenty-five times a second.
type load struct {
	members  []member
	stop     context.CancelFunc
	working  sync.WaitGroup
	answered atomic.Int64
	mu       sync.Mutex
	made     []madeOnce
	faults   []string
}

// madeOnce is a create that was answered.
type madeOnce struct {
	member
	key, id string
}

const loadPause = 40 * time.Millisecond

// startLoad runs until the test stops it. What is not answered as it should be is a fault.
func (f *fleet) startLoad(t *testing.T, members []member, newcomers []string) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{members: members, stop: stop}
	ticker := time.NewTicker(loadPause)
	l.working.Go(func() {
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				l.working.Go(func() { l.call(f, n, newcomers) })
			}
		}
	})
	t.Cleanup(func() { stop(); l.working.Wait() })
	return l
}

// call makes the nth call of a load: it has a context of its own, so that the load's end cuts none.
func (l *load) call(f *fleet, n int, newcomers []string) {
	m := l.members[n%len(l.members)]
	ctx := context.Background()
	var (
		got  answer
		err  error
		want = 200
		kind string
	)
	switch key := fmt.Sprintf("load-%d", n); n % 5 {
	case 0:
		kind = "list"
		got, err = m.try(ctx, "GET", databasesPath, m.header, "")
	case 1:
		kind = "connect"
		got, err = m.try(ctx, "PUT", "/api/v1/connection", m.header, "")
	case 2:
		kind, want = "create", 201
		if got, err = m.try(ctx, "POST", databasesPath, m.keyed(key), createBody(key)); err == nil && got.status == 201 {
			l.remember(m, key, got)
		}
	case 3:
		kind, want = "replay", 201
		got, err = l.replay(ctx)
	case 4:
		if next := n / 5; next < len(newcomers) {
			kind, want = "newcomer", 201
			got, err = f.try(ctx, "PUT", "/api/v1/connection", bearer(newcomers[next]), "")
		} else {
			kind = "session"
			got, err = m.try(ctx, "GET", "/api/v1/connection", m.header, "")
		}
	}
	if err != nil || (got.status != want && got.status != 0) {
		l.fault("%s %d: %v, status %d, want %d: %s", kind, n, err, got.status, want, got.body)
	}
	l.answered.Add(1)
}

func (l *load) fault(format string, values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Sprintf(format, values...))
}

func databaseID(a answer) string {
	var view databaseView
	if err := json.Unmarshal([]byte(a.body), &view); err != nil {
		return err.Error()
	}
	return view.ID
}

func (l *load) remember(m member, key string, got answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, madeOnce{m, key, databaseID(got)})
}

// replay asks for one of the creates again, an old one as likely as a new one, and wants the same database.
func (l *load) replay(ctx context.Context) (answer, error) {
	l.mu.Lock()
	if len(l.made) == 0 {
		l.mu.Unlock()
		return answer{}, nil
	}
	once := l.made[rand.IntN(len(l.made))]
	l.mu.Unlock()
	got, err := once.try(ctx, "POST", databasesPath, once.keyed(once.key), createBody(once.key))
	if err == nil && (databaseID(got) != once.id || got.header.Get("Idempotent-Replayed") != "true") {
		l.fault("replay of %s: got %d %s, want database %s", once.key, got.status, got.body, once.id)
	}
	return got, err
}

// end stops the load and fails the test for every call that was not answered as it should be.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.working.Wait()
	for n, fault := range l.faults {
		if n == 10 {
			t.Errorf("and %d more", len(l.faults)-n)
			break
		}
		t.Error(fault)
	}
	t.Logf("%d calls, %d faults", l.answered.Load(), len(l.faults))
}
