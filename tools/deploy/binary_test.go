package deploy

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// binary builds bff once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bff-deploy-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bff")
	if output, err := exec.Command("go", "build", "-C", "../..", "-o", path, "./cmd/bff").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, output)
	}
	return path, nil
})

// TestMain removes the built binary.
func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func command(t *testing.T, environ []string, arguments ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	bff := exec.CommandContext(t.Context(), path, arguments...)
	bff.Env, bff.Dir = environ, t.TempDir()
	return bff
}

// secretFiles creates the files that the manifests mount, and returns the settings with their paths.
func secretFiles(t *testing.T, database string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	keyset, url := filepath.Join(dir, "keyset.json"), filepath.Join(dir, "database-url")
	if output, err := command(t, nil, "keyset", "create", keyset).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if err := os.WriteFile(url, []byte(database+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"BFF_KEYSET_FILE": keyset, "BFF_DATABASE_URL_FILE": url}
}

func list(environment map[string]string, instead ...map[string]string) []string {
	for _, others := range instead {
		for name, value := range others {
			environment[name] = value
		}
	}
	var environ []string
	for name, value := range environment {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// The binary accepts the settings of the manifests without an error, and would reject unknown names.
func TestManifestSettingsAreValid(t *testing.T) {
	container := decode[appsv1.Deployment](t, "deployment.yaml").Spec.Template.Spec.Containers[0]
	loaded, err := project(t, requiredEnvironment()...)
	if err != nil {
		t.Fatal(err)
	}
	composed := map[string]string{}
	for name, value := range loaded.Services["bff-1"].Environment {
		composed[name] = *value
	}
	for name := range decode[corev1.Secret](t, "secret.example.yaml").StringData {
		if !slices.Contains(slices.Collect(maps.Values(environment(t, container))), "/secrets/"+name) {
			t.Errorf("no setting names the file of the key %s of the Secret", name)
		}
	}
	for name, environment := range map[string]map[string]string{"Kubernetes": environment(t, container), "Compose": composed} {
		for _, file := range []string{"BFF_KEYSET_FILE", "BFF_DATABASE_URL_FILE"} {
			if environment[file] == "" {
				t.Errorf("%s: %s is not set", name, file)
			}
		}
		environ := list(environment, secretFiles(t, "postgres://bff:secret@postgres.example.com:5432/bff"))
		if output, err := command(t, environ, "config").CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, output)
		}
		if output, err := command(
			t, append(environ, "BFF_SERVICE_HOST=10.0.0.1"), "config",
		).CombinedOutput(); err == nil {
			t.Errorf("%s: an unknown variable is accepted, so this test shows nothing\n%s", name, output)
		}
	}
}

// The server responds to the manifest's probes when it runs with the manifest's arguments.
func TestServerRespondsToProbes(t *testing.T) {
	container := decode[appsv1.Deployment](t, "deployment.yaml").Spec.Template.Spec.Containers[0]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	environ := list(
		environment(t, container),
		secretFiles(t, "sqlite://"+filepath.Join(t.TempDir(), "bff.db")),
		map[string]string{
			"BFF_LISTEN": address, "BFF_ADMIN_LISTEN": "127.0.0.1:0", "BFF_AUTH_ISSUER": "http://127.0.0.1:9/",
		},
	)
	server := command(t, environ, container.Args...)
	log := &strings.Builder{}
	server.Stderr = log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	get := func(probe *corev1.Probe) (int, string) {
		for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
			response, err := http.Get("http://" + address + probe.HTTPGet.Path)
			if err != nil {
				continue
			}
			defer func() { _ = response.Body.Close() }()
			body, _ := io.ReadAll(response.Body)
			return response.StatusCode, string(body)
		}
		return 0, log.String()
	}
	for name, probe := range map[string]*corev1.Probe{"startup": container.StartupProbe, "liveness": container.LivenessProbe} {
		if status, body := get(
			probe,
		); status != 200 || !strings.Contains(body, `"status":"ok"`) ||
			probe.HTTPGet.Port.StrVal != "http" {
			t.Errorf("the %s probe gets %d: %s", name, status, body)
		}
	}
	// There is no issuer, so the server is not ready. This probe must show that.
	if status, body := get(
		container.ReadinessProbe,
	); status != 503 ||
		!strings.Contains(body, `"issuer_keys":"unavailable"`) {
		t.Errorf("the readiness probe gets %d: %s", status, body)
	}
}
