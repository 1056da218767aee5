package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// sandbox is one running `bff sandbox`, used only over the network.
type sandbox struct {
	App              string `json:"app"`
	Control          string `json:"control"`
	ServiceTokenFile string `json:"service_token_file"`
}

// binary returns the path in BFF_BINARY.
func binary(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("BFF_BINARY")
	if binary == "" {
		t.Fatal("BFF_BINARY is not set; run scripts/clients.sh")
	}
	return binary
}

// startSandbox runs the binary of BFF_BINARY on free ports until the test ends. The test fails if the binary exits
// earlier.
func startSandbox(t *testing.T) sandbox {
	t.Helper()
	return startSandboxIn(t, t.TempDir())
}

func startSandboxIn(t *testing.T, directory string) sandbox {
	t.Helper()
	arguments := []string{"sandbox", "--data-dir", directory}
	for _, listener := range []string{"--listen", "--issuer-listen", "--upstash-listen", "--control-listen", "--redis-listen"} {
		arguments = append(arguments, listener, "127.0.0.1:0")
	}
	command := exec.Command(binary(t), arguments...)
	command.Env = withoutSettings(os.Environ())
	var output bytes.Buffer
	command.Stderr = &output
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(command.Process.Signal(syscall.SIGTERM), command.Wait()); err != nil {
			t.Errorf("the sandbox did not exit cleanly: %v\n%s", err, &output)
		}
	})
	hung := time.AfterFunc(2*time.Minute, func() { _ = command.Process.Kill() })
	defer hung.Stop()
	var ready sandbox
	if err := json.NewDecoder(stdout).Decode(&ready); err != nil {
		t.Fatalf("the sandbox did not become ready: %v", err)
	}
	return ready
}

// withoutSettings removes the settings of your own server from an environment.
func withoutSettings(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(setting string) bool {
		return strings.HasPrefix(setting, "BFF_")
	})
}

// serviceToken returns the token of the built-in service.
func (s sandbox) serviceToken(t *testing.T) string {
	t.Helper()
	token, err := os.ReadFile(s.ServiceTokenFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}

// token mints an access token for the account with an e-mail, which need not exist.
func (s sandbox) token(t *testing.T, email string) string {
	t.Helper()
	var minted struct {
		AccessToken string `json:"access_token"`
	}
	s.control(t, http.MethodPost, "/tokens", map[string]any{"email": email}, &minted)
	return minted.AccessToken
}

// rateLimitNextCreate makes the Upstash stand-in respond to the account's next create with 429 and Retry-After: 1.
func (s sandbox) rateLimitNextCreate(t *testing.T, email string) {
	t.Helper()
	s.control(t, http.MethodPost, "/faults", map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": "/v2/redis/database", "email": email},
		"count": 1,
		"do":    map[string]any{"status": 429, "headers": map[string]string{"Retry-After": "1"}, "body": `"too many"`},
	}, nil)
}

// stored returns the ids of an account's databases and the number of its keys, as the Upstash stand-in stores them.
func (s sandbox) stored(t *testing.T, email string) (databases []string, keys int) {
	t.Helper()
	var account struct {
		Keys      []struct{} `json:"keys"`
		Databases []struct {
			ID string `json:"database_id"`
		} `json:"databases"`
	}
	s.control(t, http.MethodGet, "/accounts/"+email, nil, &account)
	for _, database := range account.Databases {
		databases = append(databases, database.ID)
	}
	return databases, len(account.Keys)
}

// deleteKeys deletes every key of an account, as its owner does in the console.
func (s sandbox) deleteKeys(t *testing.T, email string) {
	t.Helper()
	var account struct {
		Keys []struct {
			Name string `json:"name"`
		} `json:"keys"`
	}
	s.control(t, http.MethodGet, "/accounts/"+email, nil, &account)
	if len(account.Keys) == 0 {
		t.Fatalf("%s has no key to delete", email)
	}
	for _, key := range account.Keys {
		s.control(t, http.MethodDelete, "/accounts/"+email+"/keys/"+key.Name, nil, nil)
	}
}

// unknown is the account in the journal of calls that a fault rule responded to before the authentication.
const unknown = ""

// creates returns the statuses with which the Upstash stand-in responded to the account's creates.
func (s sandbox) creates(t *testing.T, email string) []int {
	t.Helper()
	var journal struct {
		Entries []struct {
			Method, Path, Account string
			Status                int
		} `json:"entries"`
	}
	s.control(t, http.MethodGet, "/journal", nil, &journal)
	var statuses []int
	for _, entry := range journal.Entries {
		if entry.Account == email && entry.Method == http.MethodPost && entry.Path == "/v2/redis/database" {
			statuses = append(statuses, entry.Status)
		}
	}
	return statuses
}

func (s sandbox) control(t *testing.T, method, path string, body, into any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, s.Control+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("control %s %s: %s", method, path, response.Status)
	}
	if into != nil {
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatalf("control %s %s: %v", method, path, err)
		}
	}
}

// root returns the absolute path of the repository.
var root = sync.OnceValue(func() string {
	path, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return path
})
