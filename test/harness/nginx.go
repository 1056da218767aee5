package harness

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/peertest"
)

// nginxConfig takes nginx's working directory, its address, and its locations.
const nginxConfig = `daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log info;
events {}
http {
  access_log %[1]s/access.log;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    %[3]s
    location / { return 404 "another application"; }
  }
}
`

// BehindNginx starts the server behind an nginx with a path in its public URL. location returns the location block for
// the server's address. The harness sends its requests through nginx.
func BehindNginx(t *testing.T, path string, location func(server string) string, options ...Option) Service {
	t.Helper()
	program := peertest.Program(t, "nginx", "nginx-light")
	address := freeAddress(t)

	var server string
	s := StartService(t, append(options, WithConfig(func(c *config.Config) {
		server = c.PublicURL.Host
		c.PublicURL = &url.URL{Scheme: "http", Host: "localhost:" + PortOf(address), Path: path}
	}))...)
	startNginx(t, program, address, location("127.0.0.1:"+PortOf(addressOf(t, server))))
	s.URL = s.Config.PublicURL.String()

	return s
}

func startNginx(t *testing.T, program string, address net.Addr, content string) {
	t.Helper()
	directory := t.TempDir()
	file := filepath.Join(directory, "nginx.conf")

	written := fmt.Appendf(nil, nginxConfig, directory, address, content)
	if err := os.WriteFile(file, written, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(
		context.WithoutCancel(t.Context()), program, "-c", file, "-p", directory, "-e", filepath.Join(directory, "start.log"),
	)

	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()

		if t.Failed() {
			told, _ := os.ReadFile(filepath.Join(directory, "error.log"))
			t.Logf("nginx: %s", told)
		}
	})
	deadline := time.Now().Add(10 * time.Second)

	for {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.String())
		if err == nil {
			_ = connection.Close()
			return
		}

		if time.Now().After(deadline) {
			t.Fatalf("nginx does not listen: %v", err)
		}

		time.Sleep(5 * time.Millisecond)
	}
}

// freeAddress returns an address that was free a moment ago.
func freeAddress(t *testing.T) net.Addr {
	t.Helper()

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()

	return listener.Addr()
}

func addressOf(t *testing.T, host string) net.Addr {
	t.Helper()

	address, err := net.ResolveTCPAddr("tcp", host)
	if err != nil {
		t.Fatal(err)
	}

	return address
}
