package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// project loads the file as Compose does, with its schema and the required environment.
func project(t *testing.T, environ ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../deploy/compose.yaml"}, cli.WithEnv(environ))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

func requiredEnvironment() []string {
	return []string{"BFF_PUBLIC_URL=https://connect.example.com", "BFF_AUTH_CLIENT_IDS=client"}
}

func TestComposeFile(t *testing.T) {
	if _, err := project(t); err == nil || !strings.Contains(err.Error(), "BFF_") {
		t.Errorf("without a public URL: got %v, want the missing variable", err)
	}
	loaded, err := project(t, requiredEnvironment()...)
	if err != nil {
		t.Fatal(err)
	}
	caddy := read(t, "../../deploy/Caddyfile")
	proxied := regexp.MustCompile(`(?m)reverse_proxy (.*) \{$`).FindStringSubmatch(caddy)
	if proxied == nil {
		t.Fatal("the Caddyfile has no reverse_proxy")
	}
	var servers []string
	for name, service := range loaded.Services {
		if !strings.HasPrefix(name, "bff-") {
			continue
		}
		servers = append(servers, name+":8080") // the server's default port
		if grace := time.Duration(*service.StopGracePeriod); grace <= lag(t, service.Command)+stopping(t) {
			t.Errorf("%s is killed after %s", name, grace)
		}
		if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || len(service.Ports) > 0 {
			t.Errorf("%s has unneeded permissions: %+v", name, service)
		}
		if len(service.Secrets) != 1 || service.DependsOn["postgres"].Condition != types.ServiceConditionHealthy {
			t.Errorf("%s has secrets %v and waits for %v", name, service.Secrets, service.DependsOn)
		}
	}
	for _, name := range servers {
		checkKeyset(t, loaded, strings.TrimSuffix(name, ":8080"))
	}
	slices.Sort(servers)
	if got := strings.Join(servers, " "); len(servers) < 2 || got != proxied[1] {
		t.Errorf("the servers are %q, and Caddy forwards to %q", got, proxied[1])
	}
	// A BFF_LISTEN in the image would override the PORT that a platform assigns.
	if image := read(t, "../../Dockerfile"); !strings.Contains(caddy, "health_uri /readyz") ||
		!strings.Contains(image, "EXPOSE 8080") || strings.Contains(image, "BFF_LISTEN") {
		t.Error("Caddy checks another path, or the image listens on another port")
	}
	if !loaded.Networks["back"].Internal || len(loaded.Services["postgres"].Ports) > 0 {
		t.Error("Postgres can be reached from outside")
	}
	for name, service := range loaded.Services {
		for path := range service.Environment {
			if strings.Contains(path, "PASSWORD") && !strings.HasSuffix(path, "_FILE") {
				t.Errorf("%s has a password in its environment", name)
			}
		}
	}
	ignored := read(t, "../../.gitignore")
	for name, secret := range loaded.Secrets {
		if dir := filepath.Base(
			filepath.Dir(secret.File),
		); dir != "secrets" ||
			!strings.Contains(ignored, "/deploy/secrets/") {
			t.Errorf("the secret %s is in %s, which could be committed", name, secret.File)
		}
		if _, err := os.Stat(secret.File); err == nil && os.Getenv("CI") != "" {
			t.Errorf("the secret %s is in the working tree", name)
		}
	}
}

// checkKeyset checks the mounts of the keyset. A rotation renames a new keyset over the old one, which a server must
// see. So the server mounts the directory read-only. The service that rotates mounts the same directory writable, and
// only starts manually.
func checkKeyset(t *testing.T, loaded *types.Project, name string) {
	t.Helper()
	server, rotator := loaded.Services[name], loaded.DisabledServices["keyset"]
	if len(server.Volumes) != 1 || len(rotator.Volumes) != 1 || loaded.Services["keyset"].Name != "" {
		t.Fatalf("%s mounts %+v; the rotator %q mounts %+v", name, server.Volumes, rotator.Name, rotator.Volumes)
	}
	reads, writes := server.Volumes[0], rotator.Volumes[0]
	for _, service := range []types.ServiceConfig{server, rotator} {
		file := service.Environment["BFF_KEYSET_FILE"]
		if file == nil || filepath.Dir(*file) != reads.Target {
			t.Errorf("%s reads its keyset outside of %s", service.Name, reads.Target)
		}
	}
	if reads.Type != types.VolumeTypeBind || !reads.ReadOnly || bool(reads.Bind.CreateHostPath) {
		t.Errorf("%s mounts %+v", name, reads)
	}
	if writes.Source != reads.Source || writes.Target != reads.Target || writes.ReadOnly ||
		strings.HasSuffix(reads.Source, ".json") {
		t.Errorf("the rotator mounts %+v, and %s %+v", writes, name, reads)
	}
	if filepath.Base(filepath.Dir(reads.Source)) != "secrets" {
		t.Errorf("the keyset is in %s, which could be committed", reads.Source)
	}
	if !strings.Contains(read(t, "../../Dockerfile"), fmt.Sprintf("ENTRYPOINT [%q]", rotator.Entrypoint[0])) ||
		rotator.Entrypoint[1] != "keyset" {
		t.Errorf("the rotator runs %q, which is not in the image", rotator.Entrypoint)
	}
	steps := read(t, "../../docs/operate/deploy.md")
	if !strings.Contains(
		steps, "keyset create "+filepath.Base(reads.Source)+"/"+filepath.Base(*server.Environment["BFF_KEYSET_FILE"]),
	) {
		t.Error("the steps in docs/operate/deploy.md make the keyset elsewhere")
	}
}
