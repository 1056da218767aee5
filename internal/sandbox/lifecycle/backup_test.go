package lifecycle_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// movable is a clock that a test can advance.
type movable struct{ ahead atomic.Int64 }

func (m *movable) now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

func (m *movable) pass(by time.Duration) { m.ahead.Add(int64(by)) }

func TestABackupBringsTheDataBack(t *testing.T) {
	var clock movable
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.Now = clock.now })
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	password := u.Read(id).Text(t, "password")
	sandboxtest.DialRedis(t, s, password).Do(t, "SET", "a", "before")
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`),
		500,
		`"database is in maintenance mode"`,
	)
	clock.pass(time.Minute)
	sandboxtest.Want(t, u.Send("POST", "/v2/redis/create-backup/"+id, `{}`), 400, `"invalid backup name"`)
	u.Ok("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`)
	sandboxtest.DialRedis(t, s, password).Do(t, "SET", "a", "after")
	sandboxtest.DialRedis(t, s, password).Do(t, "SET", "b", "after")

	backups := sandboxtest.DecodeList(t, u.Send("GET", "/v2/redis/list-backup/"+id, ""))
	if len(backups) != 1 || backups[0]["name"] != "mine" || backups[0]["state"] != "completed" ||
		backups[0]["daily_backup"] != "false" {
		t.Fatalf("got %v, want the one backup", backups)
	}
	backup := backups[0]["backup_id"].(string)
	u.Ok("POST", "/v2/redis/restore-backup/"+id, fmt.Sprintf(`{"backup_id":%q}`, backup))

	client := sandboxtest.DialRedis(t, s, password)
	if got := client.Do(t, "GET", "a"); got != "before" {
		t.Errorf("a: got %q, want what it was", got)
	}

	if got := client.Do(t, "GET", "b"); got != "$-1" {
		t.Errorf("b: got %q, want none: it came later", got)
	}

	other := u.Create("another")
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/redis/restore-backup/"+other, fmt.Sprintf(`{"backup_id":%q}`, backup)),
		404,
		`"backup not found"`,
	)
	stranger := sandboxtest.NewUser(t, s, "b@example.com")
	sandboxtest.Want(t, stranger.Send("GET", "/v2/redis/list-backup/"+id, ""), 404, `"database not found"`)
	sandboxtest.Want(
		t,
		stranger.Send("DELETE", "/v2/redis/delete-backup/"+id+"/"+backup, ""),
		404,
		`"database not found"`,
	)
	u.Ok("DELETE", "/v2/redis/delete-backup/"+id+"/"+backup, "")
	sandboxtest.Want(t, u.Send("DELETE", "/v2/redis/delete-backup/"+id+"/"+backup, ""), 404, `"backup not found"`)
	sandboxtest.Want(t, u.Send("GET", "/v2/redis/list-backup/"+id, ""), 200, "[]")
}

func TestADatabaseHasAtMostTwentyBackups(t *testing.T) {
	var clock movable
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.Now = clock.now })
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	clock.pass(time.Minute)

	for range 20 {
		u.Ok("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`)
	}
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/redis/create-backup/"+id, `{"name":"mine"}`),
		400,
		`"backup limit exceeded"`,
	)
}

func TestADailyBackupIsMadeWhileItIsOn(t *testing.T) {
	var clock movable
	dir := t.TempDir()
	opts := sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir, o.Now = dir, clock.now })
	var u sandboxtest.User
	var on, off string

	list := func(id string) int {
		return len(sandboxtest.DecodeList(t, u.Send("GET", "/v2/redis/list-backup/"+id, "")))
	}
	for day := range 6 {
		s, err := sandbox.Start(t.Context(), opts) // sweeps
		if err != nil {
			t.Fatal(err)
		}

		if day == 0 {
			u = sandboxtest.NewUser(t, s, "a@example.com")
			on, off = u.Create("on"), u.Create("off")
			u.Ok("PATCH", "/v2/redis/enable-dailybackup/"+on, "")
			u.Ok("PATCH", "/v2/redis/enable-dailybackup/"+off, "")
			u.Ok("PATCH", "/v2/redis/disable-dailybackup/"+off, "")
		}

		u.S = s
		if got := u.Read(on); got.Field(t, "daily_backup_enabled") != true {
			t.Errorf("got %s, want it enabled", got.Body)
		}
		eventually(t, func() bool { return list(on) == min(day, 3) })

		if got := u.Send("GET", "/v2/redis/list-backup/"+off, ""); got.Status != http.StatusOK || got.Body != "[]" {
			t.Errorf("switched off: got %s", got.Body)
		}

		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.pass(25 * time.Hour)
	}
}
