package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

// operatorOn runs commands on one database file.
type operatorOn struct {
	environ  []string
	database *db.DB
}

func newOperator(t *testing.T) operatorOn {
	t.Helper()
	address := "sqlite://" + filepath.Join(t.TempDir(), "bff.db")

	database, err := db.Open(t.Context(), db.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	return operatorOn{[]string{"BFF_DATABASE_URL=" + address}, database}
}

// does runs a command line and checks its exit code and output.
func (o operatorOn) does(t *testing.T, code int, want string, args ...string) (stdout, stderr string) {
	t.Helper()

	var out, said bytes.Buffer
	if got := run(t.Context(), args, o.environ, &out, &said); got != code {
		t.Fatalf("bff %s: got exit code %d, want %d: %s%s", strings.Join(args, " "), got, code, out.String(), said.String())
	}

	if !strings.Contains(out.String()+said.String(), want) {
		t.Errorf("bff %s: got %s%s, want %q", strings.Join(args, " "), out.String(), said.String(), want)
	}

	return out.String(), said.String()
}

// connected is an account that the end user u1 of a service has approved.
func (o operatorOn) connected(t *testing.T, service, id, email string) {
	t.Helper()
	ctx, now := t.Context(), time.Now()

	if _, err := o.database.EnsureConnection(ctx, keys.Account{Issuer: "https://i.example/", Subject: id}, id, now); err != nil {
		t.Fatal(err)
	}

	_, fence, err := o.database.TakeLease(ctx, id, time.Minute)
	if err != nil {
		t.Fatal(err)
	}

	intent := keys.Intent{
		ID: "int_" + id, ConnectionID: id, Name: "KEY_" + id, State: keys.IntentOpen, Fence: fence, CreatedAt: now,
	}
	if err := o.database.OpenIntent(ctx, intent, time.Minute); err != nil {
		t.Fatal(err)
	}

	stored := keys.StoredKey{
		ConnectionID: id, IntentID: intent.ID, Fence: fence, Email: email, Name: intent.Name,
		Sealed: []byte("x"), At: now,
	}
	if _, err := o.database.StoreKey(ctx, stored); err != nil {
		t.Fatal(err)
	}

	hash := func(of string) []byte { sum := sha256.Sum256([]byte(of + id)); return sum[:] }
	policy := partner.Policy{Scopes: []string{partner.ScopeList}, Databases: partner.ReachCreated}
	session := partner.ConnectSession{
		ID: "cs_" + id, ServiceID: service, ExternalID: "u1" + id, ReturnURL: "https://shop.example/back", Asked: policy,
		CreatedAt: now, ExpiresAt: now.Add(time.Hour), InvitationHash: hash("i"), StatusHash: hash("s"),
		State: partner.SessionAwaitingCompletion, ConnectionID: id, Consent: policy, CodeHash: hash("c"),
		CodeUntil: now.Add(time.Minute),
	}

	if err := o.database.InsertConnectSession(ctx, session); err != nil {
		t.Fatal(err)
	}

	grant := partner.Grant{
		ID: "grt_" + id, ServiceID: service, ExternalID: "u1" + id, ConnectionID: id, Asked: policy, Consent: policy,
		CreatedAt: now,
	}
	event := keys.Event{
		At: now, Action: keys.ActionGrantCreated, ConnectionID: id,
		Actor: keys.Actor{
			Kind: keys.ActorService, ID: service, GrantID: grant.ID, RequestID: "req-4711", Address: "192.0.2.7",
		},
	}

	if _, err := o.database.CompleteConnectSession(ctx, session, grant, event); err != nil {
		t.Fatal(err)
	}
}

func TestServiceCommands(t *testing.T) {
	o := newOperator(t)

	o.does(t, 0, "Added shop. Next: bff token create shop --ttl 90d",
		"service", "add", "shop", "--name", "Shop", "--return-url", "https://shop.example/back",
		"--scope", "redis.list,redis.get", "--region", "us-east-1", "--max-databases", "3")

	for want, args := range map[string][]string{
		"--name: must not look like Upstash's":          {"ci", "--name", "Upstash CI", "--return-url", "https://ci.example/"},
		"--return-url 2: must be https":                 {"ci", "--name", "CI", "--return-url", "https://ci.example/", "--return-url", "http://ci.example/"},
		"ID: must be 1 to 32":                           {"C I", "--name", "CI", "--return-url", "https://ci.example/"},
		"A service with this id or name already exists": {"shop", "--name", "Other", "--return-url", "https://ci.example/"},
		`--scope: has "teams.delete"`:                   {"ci", "--name", "CI", "--return-url", "https://ci.example/", "--scope", "teams.delete"},
		"--databases: must be selected":                 {"ci", "--name", "CI", "--return-url", "https://ci.example/", "--databases", "some"},
		"--return-url: must be 1 to 20 URLs":            {"ci", "--name", "CI"},
		`--region: has "moon-1"`:                        {"ci", "--name", "CI", "--return-url", "https://ci.example/", "--region", "moon-1"},
		"--name: must be 1 to 64 characters":            {"ci", "--return-url", "https://ci.example/"},
		"--max-databases: must be at least 0":           {"ci", "--name", "CI", "--return-url", "https://ci.example/", "--max-databases", "-1"},
		"Missing argument ID":                           {},
		"--max-budget: must be at least 0":              {"ci", "--name", "CI", "--return-url", "https://ci.example/", "--max-budget", "-1"},
		`"x" is not a whole number`:                     {"ci", "--max-budget", "x"},
	} {
		o.does(t, 2, want, append([]string{"service", "add"}, args...)...)
	}

	o.does(t, 0, "https://shop.example/back", "service", "list")

	var line struct {
		ID           string   `json:"id"`
		Scopes       []string `json:"scopes"`
		Regions      []string `json:"regions"`
		MaxDatabases int      `json:"max_databases"`
		DisabledAt   *string  `json:"disabled_at"`
	}
	listed, _ := o.does(t, 0, "", "service", "list", "--json")

	if err := json.Unmarshal([]byte(listed), &line); err != nil || line.ID != "shop" || len(line.Scopes) != 2 ||
		len(line.Regions) != 1 || line.MaxDatabases != 3 || line.DisabledAt != nil {
		t.Errorf("got %s, %v, want the service", listed, err)
	}

	o.does(t, 1, "No service has this id", "service", "disable", "shp")
	o.does(t, 0, "Disabled shop", "service", "disable", "shop")
	o.does(t, 2, "SERVICE: is disabled", "token", "create", "shop", "--ttl", "1h")
	o.does(t, 2, "Unknown command \"remove\"", "service", "remove", "shop")

	o.does(t, 0, "service shop", "audit", "--action", "service_added")
	o.does(t, 0, `"actor":{"kind":"operator","id":""}`, "audit", "--action", "service_disabled", "--json")
}

func TestTokenCommands(t *testing.T) {
	o := newOperator(t)
	o.does(t, 0, "", "service", "add", "shop", "--name", "Shop", "--return-url", "https://shop.example/back")

	text, warning := o.does(t, 0, "It is not shown again", "token", "create", "shop", "--ttl", "90d")

	parsed, err := partner.ParseToken(strings.TrimSpace(text), partner.Live)
	if err != nil || strings.Count(text, "\n") != 1 || strings.Contains(warning, partner.TokenPrefix) {
		t.Fatalf("got %q and %q (%v), want the token alone on standard output", text, warning, err)
	}

	stored, _, err := o.database.FindToken(t.Context(), parsed.ID)
	if err != nil || stored.Hash != parsed.Hash || len(stored.Scopes) != len(partner.DefaultOperations())+2 {
		t.Errorf("got %+v, %v, want what was printed", stored, err)
	}

	if left := time.Until(stored.ExpiresAt); left < 89*24*time.Hour || left > 90*24*time.Hour {
		t.Errorf("got a token for %s, want 90 days", left)
	}

	o.does(t, 2, "--ttl: must be from 1 hour to 366 days", "token", "create", "shop")
	o.does(t, 2, "--ttl: must be", "token", "create", "shop", "--ttl", "367d")
	o.does(t, 2, "is not a duration", "token", "create", "shop", "--ttl", "-1d")
	o.does(t, 2, "--environment must be live or test", "token", "create", "shop", "--ttl", "1h", "--environment", "prod")
	o.does(t, 2, "bff token generate", "token", "create", "self", "--ttl", "1h")
	o.does(t, 1, "No service has this id", "token", "create", "shp", "--ttl", "1h")

	listed, _ := o.does(t, 0, parsed.ID, "token", "list", "shop")
	if strings.Contains(listed, partner.TokenPrefix) || !strings.Contains(listed, "active") {
		t.Errorf("got %s, want the token without its secret", listed)
	}

	fresh, _ := o.does(t, 0, "Token "+parsed.ID+" expires at", "token", "rotate", parsed.ID, "--ttl", "30d", "--overlap", "2h",
		"--environment", "test")
	if _, err := partner.ParseToken(strings.TrimSpace(fresh), partner.Test); err != nil {
		t.Errorf("got %q, want a token of a sandbox", fresh)
	}

	o.does(t, 0, "Revoked "+parsed.ID, "token", "revoke", parsed.ID)
	o.does(t, 0, "revoked", "token", "list")
	o.does(t, 1, "No service token has this id", "token", "revoke", "nobody")
	o.does(t, 1, `"code":"not_found"`, "token", "list", "shp", "--json")

	if listed, _ := o.does(t, 0, `"revoked_at":null`, "token", "list", "--json"); strings.Count(listed, "\n") != 2 {
		t.Errorf("got %s, want two tokens", listed)
	}
	o.does(t, 0, "token "+parsed.ID, "audit", "--action", "token_revoked")
}

func TestTokenGenerateStoresNothing(t *testing.T) {
	directory := t.TempDir()
	t.Chdir(directory)

	for environment, args := range map[partner.Environment][]string{
		partner.Live: nil, partner.Test: {"--environment", "test"},
	} {
		text, _ := operatorOn{}.does(t, 0, "BFF_SERVICE_TOKEN_FILE", append([]string{"token", "generate"}, args...)...)
		if parsed, err := partner.ParseToken(strings.TrimSpace(text), environment); err != nil || parsed.ID != partner.BuiltInID {
			t.Errorf("got %q: %v, want a token of %s for the built-in service", text, err, environment)
		}
	}

	if left, err := os.ReadDir(directory); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestGrantCommands(t *testing.T) {
	o := newOperator(t)
	o.does(t, 0, "", "service", "add", "shop", "--name", "Shop", "--return-url", "https://shop.example/back")
	o.connected(t, "shop", "con_1", "a@example.com")
	o.connected(t, "shop", "con_2", "b@example.com")

	o.does(t, 0, "a@example.com", "grant", "list")

	listed, _ := o.does(t, 0, `"state":"active"`, "grant", "list", "--user", "b@example.com", "--service", "shop", "--json")
	if strings.Count(listed, "\n") != 1 || !strings.Contains(listed, `"id":"grt_con_2"`) {
		t.Errorf("got %s, want the grant of one user", listed)
	}

	if _, err := o.database.MoveConnection(t.Context(), "con_2", "KEY_con_2", keys.Active, keys.Suspect); err != nil {
		t.Fatal(err)
	}
	o.does(t, 0, `"state":"paused"`, "grant", "list", "--user", "con_2", "--json")

	o.does(t, 2, "select the grants with --user, --service or both", "grant", "revoke", "--yes")
	o.does(t, 2, "this would revoke 2 grants; add --yes to revoke them", "grant", "revoke", "--service", "shop")
	o.does(t, 3, "no account with this e-mail", "grant", "revoke", "--user", "x@example.com", "--yes")
	o.does(t, 1, "No service has this id", "grant", "revoke", "--service", "shp", "--yes")
	o.does(t, 0, "Revoked 1 grants", "grant", "revoke", "--user", "a@example.com", "--yes")
	o.does(t, 0, "Revoked 0 grants", "grant", "revoke", "--user", "con_1", "--yes")
	o.does(t, 0, "Revoked 1 grants", "grant", "revoke", "--service", "shop", "--yes")
	o.does(t, 0, `"state":"revoked"`, "grant", "list", "--user", "con_2", "--json")
	o.does(t, 0, `"revoked_by":"operator"`, "grant", "list", "--user", "con_2", "--json")

	heading, _, _ := strings.Cut(firstOf(o.does(t, 0, "", "audit")), "\n")
	if got := strings.Join(strings.Fields(heading), " "); got != "TIME ACTION ACTOR CONNECTION GRANT REQUEST ADDRESS DETAIL" {
		t.Errorf("got the columns %s", got)
	}

	row := firstOf(o.does(t, 0, "", "audit", "--action", "grant_created"))
	for _, want := range []string{"service shop", "con_1", "grt_con_1", "req-4711", "192.0.2.7"} {
		if !strings.Contains(row, want) {
			t.Errorf("got %s, want %s in it", row, want)
		}
	}

	o.does(t, 0, `"actor":{"kind":"service","id":"shop"},"grant_id":"grt_con_1","request_id":"req-4711","address":"192.0.2.7"`,
		"audit", "--action", "grant_created", "--json")
}

func firstOf(stdout, _ string) string { return stdout }

func TestUserErase(t *testing.T) {
	o := newOperator(t)
	o.does(t, 0, "", "service", "add", "shop", "--name", "Shop", "--return-url", "https://shop.example/back")
	o.connected(t, "shop", "con_1", "a@example.com")

	o.does(t, 2, "add --yes to erase the user", "user", "erase", "a@example.com")
	o.does(t, 0, "Erased connection con_1.\nKey KEY_con_1 may remain at Upstash", "user", "erase", "a@example.com", "--yes")
	o.does(t, 3, "no account with this e-mail", "user", "erase", "a@example.com", "--yes")

	if left, _ := o.does(t, 0, "", "grant", "list", "--json"); left != "" {
		t.Errorf("got %s, want no grant", left)
	}

	if events := firstOf(o.does(t, 0, "user_erased", "audit")); strings.Contains(events, "a@example.com") ||
		strings.Contains(events, "192.0.2.7") {
		t.Errorf("the audit log contains an erased user: %s", events)
	}
}

// A database that is not there is never made on the way: it would be the wrong one.
func TestOperatorCommandsMakeNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bff.db")
	o := operatorOn{environ: []string{"BFF_DATABASE_URL=sqlite://" + path}}

	for _, args := range [][]string{
		{"service", "list"},
		{"service", "add", "shop", "--name", "Shop", "--return-url", "https://shop.example/"},
		{"token", "list"},
		{"grant", "revoke", "--user", "x", "--yes"},
		{"user", "erase", "x", "--yes"},
	} {
		o.does(t, 1, "there is no database to read", args...)
	}

	if exists(path) {
		t.Error("a database was made")
	}
}
