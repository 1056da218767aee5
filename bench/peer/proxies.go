package peer

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/upstash-connect/bff/bench/standin"
)

// ErrMissing means that a peer is not installed.
var ErrMissing = errors.New("is not installed")

// basicOf is the static Authorization of a proxy that uses the same account for every caller.
func basicOf(length int) string {
	pair := "someone@example.com:" + standin.Key(0, length)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

// lookUp finds a program of the system that may not be on the PATH.
func lookUp(name string) (string, error) {
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}

	return "", fmt.Errorf("%s %w", name, ErrMissing)
}

// StartNginx starts nginx as a plain proxy: it authenticates nobody, and adds one static key.
func (f *Fleet) StartNginx(ctx context.Context, w World) (*Target, error) {
	path, err := lookUp("nginx")
	if err != nil {
		return nil, err
	}

	ports, err := freePorts(len(standin.Lengths()))
	if err != nil {
		return nil, err
	}

	var servers strings.Builder
	for n, length := range standin.Lengths() {
		fmt.Fprintf(&servers, `
  server {
    listen %s backlog=1024;
    location / {
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "%s";
    }
  }`, local(ports[n]), basicOf(length))
	}
	configuration := fmt.Sprintf(`daemon off;
worker_processes auto;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx-error.log warn;
events { worker_connections 4096; }
http {
  access_log %[1]s/nginx-access.log combined buffer=64k flush=1s;
  client_body_temp_path %[1]s/nginx-body;
  proxy_temp_path %[1]s/nginx-proxy;
  fastcgi_temp_path %[1]s/nginx-fastcgi;
  uwsgi_temp_path %[1]s/nginx-uwsgi;
  scgi_temp_path %[1]s/nginx-scgi;
  keepalive_requests 100000000;
  proxy_buffers 32 64k;
  proxy_buffer_size 64k;
  proxy_busy_buffers_size 128k;
  proxy_max_temp_file_size 0;
  upstream api { server %[2]s; keepalive 512; keepalive_requests 100000000; }%[3]s
}
`, f.Dir, w.API, servers.String())

	file := filepath.Join(f.Dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	//nolint:gosec,noctx // the system's own
	command := exec.Command(path, "-c", file, "-p", f.Dir, "-e", filepath.Join(f.Dir, "nginx-start.log"))
	version := strings.TrimPrefix(firstLine(ctx, path, "-v"), "nginx version: ")

	return f.startProxy(ctx, "nginx", version, command, ports, 200)
}

// StartHAProxy starts HAProxy: it verifies the access token with RS256 and looks at its issuer, audience and end, and
// adds one static key.
func (f *Fleet) StartHAProxy(ctx context.Context, w World) (*Target, error) {
	path, err := lookUp("haproxy")
	if err != nil {
		return nil, err
	}

	ports, err := freePorts(len(standin.Lengths()))
	if err != nil {
		return nil, err
	}

	var frontends strings.Builder
	for n, length := range standin.Lengths() {
		fmt.Fprintf(&frontends, `
frontend list%d
  bind %s
  http-request deny deny_status 401 unless { req.hdr(authorization) -m beg "Bearer " }
  http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
  http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
  http-request set-var(txn.aud) http_auth_bearer,jwt_payload_query('$.aud')
  http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str %s }
  http-request deny deny_status 401 unless { var(txn.aud) -m str %s }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { http_auth_bearer,jwt_verify(txn.alg,"%s") -m int 1 }
  http-request set-header Authorization "%s"
  default_backend api
`, length, local(ports[n]), w.Issuer, standin.Audience, w.PubKey, basicOf(length))
	}
	configuration := fmt.Sprintf(`global
  maxconn 8000
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
%s
backend api
  server api %s
`, frontends.String(), w.API)

	file := filepath.Join(f.Dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	command := exec.Command(path, "-f", file) //nolint:gosec,noctx // the system's own
	version := strings.TrimSuffix(firstLine(ctx, path, "-v"), " - https://haproxy.org/")

	return f.startProxy(ctx, "HAProxy + JWT", version, command, ports, 401)
}

func (f *Fleet) startProxy(
	ctx context.Context, name, version string, command *exec.Cmd, ports []int, status int,
) (*Target, error) {
	command.Env = environment()

	process, err := f.Start(name, command, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}

	target := &Target{
		Name: name, Version: version, Addr: local(ports[0]), Process: process, Roots: []int{process.PID}, bare: true,
		ByLength: map[int]string{},
	}
	for n, length := range standin.Lengths() {
		target.ByLength[length] = local(ports[n])
	}

	return target, process.Answers(ctx, "http://"+target.Addr+"/v2/redis/databases", status, 20*time.Millisecond)
}
