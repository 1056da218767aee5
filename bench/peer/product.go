package peer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/upstash-connect/bff/bench/standin"
)

// Build is one build of the product.
type Build struct{ Label, Path string }

// Settings of a product's server. Database is required.
type Settings struct {
	Label     string // of the target
	Database  string // URL
	Keyset    string // path
	ListCache string // "": the default
}

// Product is a server of the product.
type Product struct {
	Target
	Admin string // HOST:PORT of the operators' listener
	Ready string // URL
}

// StartProduct starts `bff serve` with the settings of a real installation: TLS ends in front of it, every limit is
// on, metrics are served, and its log goes to a file. It returns immediately.
func (f *Fleet) StartProduct(w World, build Build, s Settings) (*Product, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}

	command := exec.Command(build.Path, "serve", "--drain-lag", "0s") //nolint:gosec,noctx // the build to be measured
	command.Dir = f.Dir

	command.Env = environment(
		"BFF_LISTEN="+local(ports[0]), "BFF_ADMIN_LISTEN="+local(ports[1]), "BFF_PUBLIC_URL=https://"+Host,
		"BFF_DATABASE_URL="+s.Database, "BFF_KEYSET_FILE="+s.Keyset, "BFF_AUTH_ISSUER="+w.Issuer,
		"BFF_AUTH_CLIENT_IDS="+standin.ClientID, "BFF_AUTH_AUDIENCE="+standin.Audience,
		"BFF_UPSTASH_API_URL=http://"+w.API, "BFF_LIMIT_REQUESTS=1000000/s", "BFF_LIMIT_CREATES=1000000/h",
	)
	if s.ListCache != "" {
		command.Env = append(command.Env, "BFF_LIST_CACHE="+s.ListCache)
	}

	process, err := f.Start(s.Label, command, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	addr := local(ports[0])

	return &Product{
		Target: Target{Name: s.Label, Addr: addr, Process: process, Roots: []int{process.PID}, cookies: true},
		Admin:  local(ports[1]), Ready: "http://" + addr + "/readyz",
	}, nil
}

// WaitReady waits until the server reports that it is ready.
func (p *Product) WaitReady(ctx context.Context, every time.Duration) error {
	return p.Process.Answers(ctx, p.Ready, 200, every)
}

// ParseBuild reads LABEL=PATH, or a path alone.
func ParseBuild(text string) (Build, error) {
	build := Build{Label: "product", Path: text}
	for n, r := range text {
		if r == '=' {
			build = Build{Label: text[:n], Path: text[n+1:]}
			break
		}
	}

	info, err := os.Stat(build.Path)
	if err != nil || info.IsDir() || build.Label == "" {
		return Build{}, fmt.Errorf("%q is not LABEL=PATH of a program", text)
	}

	return build, nil
}
