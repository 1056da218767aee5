package test

import (
	"encoding/json"
	"os"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// TestConnectSessionExamplesWork sends each example of the API document, which the API reference shows as a command, to
// a server with the return URLs of a sandbox.
func TestConnectSessionExamplesWork(t *testing.T) {
	file, err := os.ReadFile(harness.Repository("openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}

	var document struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Examples map[string]struct{ Value map[string]any }
				}
			} `yaml:"requestBody"`
		}
	}
	if err := yaml.Unmarshal(file, &document); err != nil {
		t.Fatal(err)
	}

	examples := document.Paths["/connect-sessions"]["post"].RequestBody.Content["application/json"].Examples
	if len(examples) == 0 {
		t.Fatal("the document has no examples of a connect session")
	}

	s := harness.StartService(t, harness.WithConfig(func(c *config.Config) {
		c.ReturnURLs = []string{"http://localhost:*"}
	}))

	for name, example := range examples {
		if _, reconnects := example.Value["reconnect"]; reconnects { // the grant of the user on this server
			granted := s.Granted(t, "user_4711", "demo@example.com", `"return_url":"http://localhost:3000/connected"`)
			example.Value["reconnect"] = granted.ID
		}

		body, err := json.Marshal(example.Value)
		if err != nil {
			t.Fatal(err)
		}

		if answer := s.Call(t, "POST", "/api/v1/connect-sessions", string(body)); answer.Status != 201 {
			t.Errorf("example %q: %d: %s", name, answer.Status, answer.Body)
		}
	}
}
