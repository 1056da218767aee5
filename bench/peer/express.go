package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/upstash-connect/bff/bench/standin"
)

// StartExpress starts the Express peer in source on the database that store.FillExpress has made.
func (f *Fleet) StartExpress(ctx context.Context, w World, source, database, keyFile string) (*Target, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("node %w", ErrMissing)
	}

	if _, err := os.Stat(filepath.Join(source, "node_modules", "better-sqlite3", "build", "Release")); err != nil {
		return nil, fmt.Errorf("the Express peer %w: npm ci in %s", ErrMissing, source)
	}

	port, err := FreePort()
	if err != nil {
		return nil, err
	}

	command := exec.Command(node, "server.mjs") //nolint:gosec,noctx // the repository's own
	command.Dir = source
	command.Env = environment(
		"NODE_ENV=production", "PORT="+strconv.Itoa(port), "ISSUER="+w.Issuer, "AUDIENCE="+standin.Audience,
		"CLIENT_ID="+standin.ClientID, "UPSTREAM=http://"+w.API, "DATABASE="+database, "KEY_FILE="+keyFile,
		"LOG="+filepath.Join(f.Dir, "express-access.log"),
	)

	process, err := f.Start("Express", command, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}

	target := &Target{
		Name: "Express + undici", Version: "node " + firstLine(ctx, node, "--version") + ", " + packages(source),
		Addr: local(port), Process: process, Roots: []int{process.PID},
	}

	return target, process.Answers(ctx, "http://"+target.Addr+"/api/v1/databases", 401, 20*time.Millisecond)
}

// packages are those of the peer with their versions.
func packages(source string) string {
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	text, _ := os.ReadFile(filepath.Join(source, "package.json"))
	_ = json.Unmarshal(text, &manifest)

	out := ""
	for _, name := range []string{"express", "undici", "better-sqlite3", "jose"} {
		if out != "" {
			out += ", "
		}
		out += name + " " + manifest.Dependencies[name]
	}

	return out
}
