//go:build unix

package harness

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

// ReadKeyset reads the fleet's keyset file.
func (f *Fleet) ReadKeyset(t *testing.T) *seal.Keyset {
	t.Helper()

	text, err := os.ReadFile(f.Keyset())
	if err != nil {
		t.Fatal(err)
	}

	keyset, err := seal.ParseKeyset(text, nil)
	if err != nil {
		t.Fatal(err)
	}

	return keyset
}

// runningCommand is a command in progress.
type runningCommand struct {
	*exec.Cmd
	Log   *LogBuffer
	Ended chan error
}

// Begin starts a command of bff.
func (f *Fleet) Begin(t *testing.T, environ []string, arguments ...string) *runningCommand {
	t.Helper()
	b := &runningCommand{Cmd: f.Prepare(t, environ, arguments...), Log: &LogBuffer{}, Ended: make(chan error, 1)}

	b.Stderr, b.Stdout = b.Log, b.Log

	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { b.Ended <- b.Wait(); close(b.Ended) }()
	t.Cleanup(func() {
		_ = b.Process.Kill() // already ended in most tests
		for range b.Ended {
		}
	})

	return b
}

// WaitForOutput waits until a command has written something.
func (b *runningCommand) WaitForOutput(t *testing.T, text string) {
	t.Helper()

	if !Eventually(func() bool { return strings.Contains(b.Log.String(), text) }) {
		t.Fatalf("the command did not write %q: %s", text, b.Log)
	}
}

// KilledAt runs a rotation that is killed at point.
func (f *Fleet) KilledAt(t *testing.T, point killpoint.Point, arguments ...string) {
	t.Helper()
	f.Arm(t, point, "kill")
	b := f.Begin(t, nil, append([]string{"keyset", "rotate"}, arguments...)...)

	var exit *exec.ExitError
	if err := <-b.Ended; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("at %s: the rotation ended with %v, want SIGKILL\n%s", point, err, b.Log)
	}
}

// Succeeds runs a command that must succeed.
func (f *Fleet) Succeeds(t *testing.T, arguments ...string) Ran {
	t.Helper()

	got := f.Command(t, arguments...)
	if got.Code != 0 {
		t.Fatalf("bff %s: got %+v", strings.Join(arguments, " "), got)
	}

	return got
}

// Fails runs a command that must end with exit code 1 and this error.
func (f *Fleet) Fails(t *testing.T, want string, arguments ...string) Ran {
	t.Helper()

	got := f.Command(t, arguments...)
	if got.Code != 1 || !strings.Contains(got.Stderr, want) {
		t.Errorf("bff %s: got %+v, want exit code 1 and %q", strings.Join(arguments, " "), got, want)
	}

	return got
}

// load runs callers that list, connect, create and repeat earlier creates, twenty-five times a second.
type load struct {
	members  []Member
	stop     context.CancelFunc
	working  sync.WaitGroup
	Answered atomic.Int64
	Mu       sync.Mutex
	Made     []madeOnce
	errors   []string
}

// madeOnce is a completed create.
type madeOnce struct {
	Member
	key, id string
}

const loadPause = 40 * time.Millisecond

// StartLoad runs a load until the test ends it. It records each unexpected response.
func (f *Fleet) StartLoad(t *testing.T, members []Member, newcomers []string) *load {
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

// call makes the nth call of a load. It has its own context, so that the end of the load cancels no call.
func (l *load) call(f *Fleet, n int, newcomers []string) {
	m := l.members[n%len(l.members)]
	ctx := context.Background()

	var (
		got  Response
		err  error
		want = 200
		kind string
	)
	switch key := fmt.Sprintf("load-%d", n); n % 5 {
	case 0:
		kind = "list"
		got, err = m.Try(ctx, "GET", DatabasesPath, m.Header, "")
	case 1:
		kind = "connect"
		got, err = m.Try(ctx, "PUT", "/api/v1/connection", m.Header, "")
	case 2:
		kind, want = "create", 201

		if got, err = m.Try(
			ctx, "POST", DatabasesPath, m.Keyed(key), CreateBody(key),
		); err == nil &&
			got.Status == 201 {
			l.remember(m, key, got)
		}
	case 3:
		kind, want = "replay", 201
		got, err = l.replay(ctx)
	case 4:
		if next := n / 5; next < len(newcomers) {
			kind, want = "newcomer", 201
			got, err = f.Try(ctx, "PUT", "/api/v1/connection", Bearer(newcomers[next]), "")
		} else {
			kind = "session"
			got, err = m.Try(ctx, "GET", "/api/v1/connection", m.Header, "")
		}
	}

	if err != nil || (got.Status != want && got.Status != 0) {
		l.recordError("%s %d: %v, status %d, want %d: %s", kind, n, err, got.Status, want, got.Body)
	}
	l.Answered.Add(1)
}

func (l *load) recordError(format string, values ...any) {
	l.Mu.Lock()
	defer l.Mu.Unlock()
	l.errors = append(l.errors, fmt.Sprintf(format, values...))
}

func databaseID(a Response) string {
	var view databaseView
	if err := json.Unmarshal([]byte(a.Body), &view); err != nil {
		return err.Error()
	}

	return view.ID
}

func (l *load) remember(m Member, key string, got Response) {
	l.Mu.Lock()
	defer l.Mu.Unlock()
	l.Made = append(l.Made, madeOnce{m, key, databaseID(got)})
}

// replay repeats a random earlier create and checks for the same database.
func (l *load) replay(ctx context.Context) (Response, error) {
	l.Mu.Lock()
	if len(l.Made) == 0 {
		l.Mu.Unlock()
		return Response{}, nil
	}
	once := l.Made[rand.IntN(len(l.Made))]
	l.Mu.Unlock()

	got, err := once.Try(ctx, "POST", DatabasesPath, once.Keyed(once.key), CreateBody(once.key))
	if err == nil && (databaseID(got) != once.id || got.Header.Get("Idempotent-Replayed") != "true") {
		l.recordError("replay of %s: got %d %s, want database %s", once.key, got.Status, got.Body, once.id)
	}

	return got, err
}

// End stops the load and fails the test for every unexpected response.
func (l *load) End(t *testing.T) {
	t.Helper()
	l.stop()
	l.working.Wait()

	for n, fault := range l.errors {
		if n == 10 {
			t.Errorf("and %d more", len(l.errors)-n)
			break
		}
		t.Error(fault)
	}
	t.Logf("%d calls, %d errors", l.Answered.Load(), len(l.errors))
}
