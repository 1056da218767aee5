package sandbox_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// movable is a clock that a test can put forward.
type movable struct{ ahead atomic.Int64 }

func (m *movable) now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

func (m *movable) pass(by time.Duration) { m.ahead.Add(int64(by)) }

func TestABackupBringsTheDataBack(t *testing.T) {
	var clock movable
	s := start(t, func(o *sandbox.Options) { o.Now = clock.now })
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	password := u.read(id).text(t, "password")
	dialRedis(t, s, password).do(t, "SET", "a", "before")
	want(t, u.send("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`), 500, `"database is in maintenance mode"`)
	clock.pass(time.Minute)
	want(t, u.send("POST", "/v2/redis/create-backup/"+id, `{}`), 400, `"invalid backup name"`)
	u.ok("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`)
	dialRedis(t, s, password).do(t, "SET", "a", "after")
	dialRedis(t, s, password).do(t, "SET", "b", "after")

	backups := decodeList(t, u.send("GET", "/v2/redis/list-backup/"+id, ""))
	if len(backups) != 1 || backups[0]["name"] != "mine" || backups[0]["state"] != "completed" || backups[0]["daily_backup"] != "false" {
		t.Fatalf("got %v, want the one backup", backups)
	}
	backup := backups[0]["backup_id"].(string)
	u.ok("POST", "/v2/redis/restore-backup/"+id, fmt.Sprintf(`{"backup_id":%q}`, backup))
	client := dialRedis(t, s, password)
	if got := client.do(t, "GET", "a"); got != "before" {
		t.Errorf("a: got %q, want what it was", got)
	}
	if got := client.do(t, "GET", "b"); got != "$-1" {
		t.Errorf("b: got %q, want none: it came later", got)
	}

	other := u.create("another")
	want(t, u.send("POST", "/v2/redis/restore-backup/"+other, fmt.Sprintf(`{"backup_id":%q}`, backup)), 404, `"backup not found"`)
	stranger := newUser(t, s, "b@example.com")
	want(t, stranger.send("GET", "/v2/redis/list-backup/"+id, ""), 404, `"database not found"`)
	want(t, stranger.send("DELETE", "/v2/redis/delete-backup/"+id+"/"+backup, ""), 404, `"database not found"`)
	u.ok("DELETE", "/v2/redis/delete-backup/"+id+"/"+backup, "")
	want(t, u.send("DELETE", "/v2/redis/delete-backup/"+id+"/"+backup, ""), 404, `"backup not found"`)
	want(t, u.send("GET", "/v2/redis/list-backup/"+id, ""), 200, "[]")
}

func TestADatabaseHasAtMostTwentyBackups(t *testing.T) {
	var clock movable
	s := start(t, func(o *sandbox.Options) { o.Now = clock.now })
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	clock.pass(time.Minute)
	for range 20 {
		u.ok("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`)
	}
	want(t, u.send("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`), 400, `"backup limit exceeded"`)
}

func TestADailyBackupIsMadeWhileItIsOn(t *testing.T) {
	var clock movable
	dir := t.TempDir()
	opts := options(t, func(o *sandbox.Options) { o.DataDir, o.Now = dir, clock.now })
	var u user
	var on, off string
	list := func(id string) int { return len(decodeList(t, u.send("GET", "/v2/redis/list-backup/"+id, ""))) }
	for day := range 6 {
		s, err := sandbox.Start(t.Context(), opts) // sweeps
		if err != nil {
			t.Fatal(err)
		}
		if day == 0 {
			u = newUser(t, s, "a@example.com")
			on, off = u.create("on"), u.create("off")
			u.ok("PATCH", "/v2/redis/enable-dailybackup/"+on, "")
			u.ok("PATCH", "/v2/redis/enable-dailybackup/"+off, "")
			u.ok("PATCH", "/v2/redis/disable-dailybackup/"+off, "")
		}
		u.s = s
		if got := u.read(on); got.field(t, "daily_backup_enabled") != true {
			t.Errorf("got %s, want it enabled", got.body)
		}
		eventually(t, func() bool { return list(on) == min(day, 3) })
		if got := u.send("GET", "/v2/redis/list-backup/"+off, ""); got.status != http.StatusOK || got.body != "[]" {
			t.Errorf("switched off: got %s", got.body)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.pass(25 * time.Hour)
	}
}
