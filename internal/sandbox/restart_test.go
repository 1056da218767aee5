package sandbox_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestARestartKeepsEverythingAndThePorts(t *testing.T) {
	dir := t.TempDir()
	opts := sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir = dir })

	first, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	key := sandboxtest.MustMint(t, first, "a@example.com")
	made := sandboxtest.Upstash(
		t,
		first,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-east-1"}`,
	)
	sandboxtest.Upstash(t, first, "a@example.com", key, "POST", "/v2/vector/index", sandboxtest.VectorBody("x"))
	sandboxtest.Upstash(t, first, "a@example.com", key, "POST", "/v2/search", sandboxtest.SearchBody("x"))
	sandboxtest.Upstash(t, first, "a@example.com", key, "GET", "/v2/qstash/users", "")
	account := sandboxtest.Call(t, "GET", first.ControlURL()+"/accounts/a@example.com", "")
	old := sandboxtest.Token(t, first, `{"email":"a@example.com"}`)

	refresh := sandboxtest.Exchange(
		t, first, "code", sandboxtest.Code(t, first, "scope", "offline_access"),
	).Text(t,
		"refresh_token")
	if err := first.AllowApp("http://localhost:5173"); err != nil {
		t.Fatal(err)
	}

	addresses := []string{first.IssuerURL(), first.UpstashURL(), first.ControlURL()}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	opts.AppOrigins = nil

	second := sandboxtest.Start(t, func(o *sandbox.Options) { *o = opts })
	if diff := cmp.Diff(addresses, []string{second.IssuerURL(), second.UpstashURL(), second.ControlURL()}); diff != "" {
		t.Errorf("addresses (-before +after):\n%s", diff)
	}
	sandboxtest.Claims(t, second, old) // fails unless the signing key is the same
	list := sandboxtest.Upstash(t, second, "a@example.com", key, "GET", "/v2/redis/databases", "")
	sandboxtest.Want(t, list, 200, "["+strings.TrimSpace(made.Body)+"]")

	again := sandboxtest.Call(t, "GET", second.ControlURL()+"/accounts/a@example.com", "")
	if again.Body != account.Body || strings.Count(again.Body, `"read_only_token"`) != 3 {
		t.Errorf("the account's resources: got %s, want %s", again.Body, account.Body)
	}

	if got := sandboxtest.Exchange(
		t, second, "grant_type", "refresh_token", "refresh_token", refresh,
	); got.Status != 200 {
		t.Errorf("refresh token: got %d %s, want 200", got.Status, got.Body)
	}

	for _, origin := range []string{sandboxtest.AppOrigin, "http://localhost:5173"} {
		if got := sandboxtest.NewBrowser(t, second).Authorize("redirect_uri", origin+"/callback"); got.Status != 200 {
			t.Errorf("client's callback at %s: got %d, want 200", origin, got.Status)
		}
	}
}

func TestABusyPortIsNamed(t *testing.T) {
	t.Run("fixed", func(t *testing.T) {
		busy, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer busy.Close()
		wantStartError(
			t,
			sandboxtest.Options(t, func(o *sandbox.Options) { o.UpstashListen = busy.Addr().String() }),
			busy.Addr().String(),
		)
	})
	t.Run("remembered", func(t *testing.T) {
		dir := t.TempDir()
		opts := sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir = dir })

		s, err := sandbox.Start(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}

		address := strings.TrimPrefix(s.ControlURL(), "http://")
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}

		busy, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer busy.Close()
		wantStartError(t, opts, address)
	})
	t.Run("on the other loopback", func(t *testing.T) {
		busy, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip("no IPv6 here")
		}
		defer busy.Close()
		number := sandboxtest.Port(busy.Addr().String())
		wantStartError(t, sandboxtest.Options(t, func(o *sandbox.Options) { o.IssuerListen = "127.0.0.1:" + number }),
			"[::1]:"+number)
	})
}

func TestASecondSandboxOnADirectoryIsRejected(t *testing.T) {
	dir := t.TempDir()
	sandboxtest.Start(t, func(o *sandbox.Options) { o.DataDir = dir })
	wantStartError(t, sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir = dir }),
		"another sandbox is running")
}

func TestInvalidOptionsAreRejected(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*sandbox.Options)
		part   string
	}{
		"all interfaces":          {func(o *sandbox.Options) { o.IssuerListen = ":8081" }, "an IP address and a port expected"},
		"unspecified address":     {func(o *sandbox.Options) { o.UpstashListen = "0.0.0.0:0" }, "loopback only"},
		"public address":          {func(o *sandbox.Options) { o.ControlListen = "192.0.2.1:0" }, "loopback only"},
		"host name":               {func(o *sandbox.Options) { o.ControlListen = "example.com:0" }, "an IP address and a port expected"},
		"no port":                 {func(o *sandbox.Options) { o.ControlListen = "127.0.0.1" }, "missing port"},
		"issuer host of others":   {func(o *sandbox.Options) { o.IssuerHost = "evil.example" }, "issuer host"},
		"app origin with a path":  {func(o *sandbox.Options) { o.AppOrigins = []string{"http://localhost:8080/app"} }, "app origin"},
		"unreachable issuer host": {func(o *sandbox.Options) { o.IssuerHost, o.IssuerListen = "127.0.0.1", "[::1]:0" }, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) { wantStartError(t, sandboxtest.Options(t, row.change), row.part) })
	}
	t.Run("no directory", func(t *testing.T) {
		opts := sandboxtest.Options(t)
		opts.DataDir = ""
		wantStartError(t, opts, "data directory is required")
	})
}

func TestTheIssuerCanBeAnotherSite(t *testing.T) {
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.IssuerHost = "127.0.0.1" })
	if !strings.HasPrefix(s.IssuerURL(), "http://127.0.0.1:") || !strings.HasSuffix(s.IssuerURL(), "/") {
		t.Errorf("issuer: got %q", s.IssuerURL())
	}

	if got := sandboxtest.Exchange(t, s, "code", sandboxtest.Code(t, s)); got.Status != 200 {
		t.Errorf("login: got %d %s", got.Status, got.Body)
	}
}

func TestTheStateIsThisUsersOnly(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))

	found := t.TempDir()
	// A directory that is there already is somebody's choice, at the first start and at every other.
	if err := os.Mkdir(filepath.Join(found, "sandbox"), 0o777); err != nil {
		t.Fatal(err)
	}

	for dir, mode := range map[string]os.FileMode{t.TempDir(): 0o700, found: 0o777} {
		for range 2 {
			options := sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir = dir })

			started, err := sandbox.Start(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}

			if err := started.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantMode(t, filepath.Join(dir, "sandbox"), mode)
			wantMode(t, filepath.Join(dir, "sandbox", "state.db"), 0o600)
			wantPrivate(t, filepath.Join(dir, "sandbox"))
		}
	}
}

// wantPrivate finds that nobody else may use anything of a directory, whatever its own mode.
func wantPrivate(t *testing.T, dir string) {
	t.Helper()

	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}

	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: got %v, %v, want nobody else let in", entry.Name(), info, err)
		}
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()

	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: got %v, %v, want mode %o", path, info, err, want)
	}
}

func wantStartError(t *testing.T, opts sandbox.Options, part string) {
	t.Helper()

	s, err := sandbox.Start(t.Context(), opts)
	if err == nil {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		t.Fatalf("started, want an error with %q", part)
	}

	if !strings.Contains(err.Error(), part) {
		t.Errorf("got %q, want it to say %q", err, part)
	}
}
