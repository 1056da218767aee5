package cloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestAKeyIsMintedWhateverTheContentType(t *testing.T) {
	s := sandboxtest.Start(t)

	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, contentType := range []string{"", "application/json", "application/x-www-form-urlencoded", "text/plain"} {
		request := sandboxtest.NewRequest(
			t,
			"POST",
			s.UpstashURL()+"/apikey",
			fmt.Sprintf(`{"name":"key %s"}`, contentType),
		)
		request.Header.Set("Authorization", "Bearer "+sandboxtest.Token(t, s, `{"email":"a@example.com"}`))
		request.Header.Set("Content-Type", contentType)

		got := sandboxtest.Send(t, http.DefaultClient, request)
		if got.Status != http.StatusOK || !uuid.MatchString(got.Text(t, "api_key")) {
			t.Errorf("Content-Type %q: got %d %s, want 200 and a UUIDv4", contentType, got.Status, got.Body)
		}
	}
}

func TestMintIsRejectedWithUpstashsOwnText(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"vercel@example.com","marketplace":"vercel"}`)
	sandboxtest.MustMint(t, s, "a@example.com")

	for i := 1; i < 37; i++ {
		if got := sandboxtest.Mint(t, s, "full@example.com", fmt.Sprint(i)); got.Status != http.StatusOK {
			t.Fatalf("key %d: got %d %s", i, got.Status, got.Body)
		}
	}
	sandboxtest.Want(t, sandboxtest.Mint(t, s, "a@example.com", "KEY"), 400, `"api key with this name already exists"`)
	sandboxtest.Want(t, sandboxtest.Mint(t, s, "a@example.com", ""), 400, `"name is required"`)

	if got := sandboxtest.Mint(t, s, "full@example.com", "37th"); got.Status != http.StatusOK {
		t.Errorf("the 37th key: got %d %s, want 200", got.Status, got.Body)
	}
	sandboxtest.Want(t, sandboxtest.Mint(t, s, "full@example.com", "38th"), 400, `"api key limit exceeded"`)
	sandboxtest.Want(
		t,
		sandboxtest.Mint(t, s, "vercel@example.com", "KEY"),
		403,
		`"developer api is only available for native accounts"`,
	)
}

func TestATokenIsCheckedBeforeMinting(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, bearer := range map[string]string{
		"none":           "",
		"garbage":        "Bearer x.y.z",
		"unsigned":       "Bearer " + sandboxtest.Token(t, s, `{"email":"a@example.com","header":{"alg":"none"}}`),
		"expired":        "Bearer " + sandboxtest.Token(t, s, `{"email":"a@example.com","ttl_s":-1}`),
		"other audience": "Bearer " + sandboxtest.Token(t, s, `{"email":"a@example.com","claims":{"aud":"other"}}`),
		"other issuer":   "Bearer " + sandboxtest.Token(t, s, `{"email":"a@example.com","claims":{"iss":"http://evil.example/"}}`),
		"no expiry":      "Bearer " + sandboxtest.Token(t, s, `{"email":"a@example.com","claims":{"exp":null}}`),
		"unknown key":    "Bearer " + sandboxtest.Token(t, s, `{"email":"a@example.com","header":{"kid":"x"}}`),
		"other scheme":   "Basic " + sandboxtest.Token(t, s, `{"email":"a@example.com"}`),
	} {
		t.Run(name, func(t *testing.T) {
			request := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
			request.Header.Set("Authorization", bearer)
			sandboxtest.Want(t, sandboxtest.Send(t, http.DefaultClient, request), 401, `{"error":"Unauthorized"}`)
		})
	}
	t.Run("another partner's client is fine", func(t *testing.T) {
		request := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
		request.Header.Set(
			"Authorization",
			"Bearer "+sandboxtest.Token(t, s, `{"email":"a@example.com","claims":{"azp":"sandbox-other-partner"}}`),
		)

		if got := sandboxtest.Send(t, http.DefaultClient, request); got.Status != http.StatusOK {
			t.Errorf("got %d %s, want 200", got.Status, got.Body)
		}
	})
}

func TestADatabaseIsCreatedInBothDialects(t *testing.T) {
	s := sandboxtest.Start(t)

	key := sandboxtest.MustMint(t, s, "a@example.com")
	for name, body := range map[string]string{
		"OpenAPI document": `{"database_name":"mine","platform":"aws","primary_region":"us-east-1","read_regions":["us-west-1"],"plan":"payg","tls":false}`,
		"partner guide":    `{"name":"mine","region":"global","primary_region":"us-east-1","read_regions":["us-west-1"],"tls":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			got := sandboxtest.Upstash(t, s, "a@example.com", key, "POST", "/v2/redis/database", body)
			if got.Status != http.StatusOK {
				t.Fatalf("got %d %s, want 200", got.Status, got.Body)
			}

			for member, value := range map[string]any{
				"database_name": "mine", "region": "global", "primary_region": "us-east-1", "type": "payg",
				"state": "active", "tls": false, "endpoint": "127.0.0.1", "user_email": "a@example.com", "customer_id": "a@example.com",
				"db_acl_enabled": "false", "db_request_limit": json.Number("9223372036854775808"), "port": json.Number(sandboxtest.RedisPort(t, s)),
			} {
				if found := got.Field(t, member); found != value {
					t.Errorf("%s: got %v, want %v", member, found, value)
				}
			}

			for _, member := range []string{"password", "rest_token", "read_only_rest_token", "endpoint", "database_id"} {
				if got.Text(t, member) == "" {
					t.Errorf("%s is empty", member)
				}
			}
		})
	}
	list := sandboxtest.Upstash(t, s, "a@example.com", key, "GET", "/v2/redis/databases", "")

	var databases []map[string]any
	if err := json.Unmarshal([]byte(list.Body), &databases); err != nil {
		t.Fatal(err)
	}

	if len(databases) != 2 {
		t.Fatalf("listed %d databases, want 2 of the same name", len(databases))
	}

	if databases[0]["password"] == nil || databases[0]["rest_token"] == nil {
		t.Error("the list hides secrets; the real one shows them")
	}
}

func TestCreateIsRejectedWithUpstashsOwnText(t *testing.T) {
	s := sandboxtest.Start(t)

	key := sandboxtest.MustMint(t, s, "a@example.com")
	for name, row := range map[string]struct{ body, text string }{
		"regional":                       {`{"name":"x","region":"eu-west-1","primary_region":"eu-west-1"}`, `"regional db creation is deprecated"`},
		"no name":                        {`{"primary_region":"eu-west-1"}`, `"database name is required"`},
		"no primary region":              {`{"name":"x","region":"global"}`, `"invalid primary region"`},
		"unknown primary region":         {`{"name":"x","primary_region":"moon-1"}`, `"invalid primary region"`},
		"unknown platform":               {`{"name":"x","platform":"azure","primary_region":"us-east-1"}`, `"invalid platform"`},
		"region of another platform":     {`{"name":"x","platform":"gcp","primary_region":"us-east-1"}`, `"primary region is not available on this platform"`},
		"unknown read region":            {`{"name":"x","primary_region":"us-east-1","read_regions":["moon-1"]}`, `"invalid read region"`},
		"read region without replicas":   {`{"name":"x","primary_region":"us-east-1","read_regions":["af-south-1"]}`, `"invalid read region"`},
		"read region twice":              {`{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-1"]}`, `"invalid read region"`},
		"primary region among the reads": {`{"name":"x","primary_region":"us-east-1","read_regions":["us-east-1"]}`, `"primary region can not be a read region"`},
		"unknown plan":                   {`{"name":"x","primary_region":"us-east-1","plan":"gold"}`, `"invalid plan"`},
		"not JSON":                       {`name=x`, `"invalid request body"`},
		"wrong type":                     {`{"name":7}`, `"invalid request body"`},
	} {
		t.Run(name, func(t *testing.T) {
			sandboxtest.Want(
				t,
				sandboxtest.Upstash(t, s, "a@example.com", key, "POST", "/v2/redis/database", row.body),
				400,
				row.text,
			)
		})
	}
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, "a@example.com", key, "GET", "/v2/redis/databases", ""), 200, `[]`)
}

func TestAFreeAccountHasOneDatabase(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	key := sandboxtest.MustMint(t, s, "free@example.com")
	create := func(body string) sandboxtest.Response {
		return sandboxtest.Upstash(t, s, "free@example.com", key, "POST", "/v2/redis/database", body)
	}
	sandboxtest.Want(
		t,
		create(`{"name":"x","primary_region":"us-east-1","plan":"payg"}`),
		400,
		`"plan is not available for free accounts"`,
	)

	first := create(`{"name":"x","primary_region":"us-east-1"}`)
	if first.Status != http.StatusOK || first.Text(t, "type") != "free" {
		t.Fatalf("got %d %s, want 200 and type free", first.Status, first.Body)
	}
	sandboxtest.Want(
		t,
		create(`{"name":"y","primary_region":"us-east-1"}`),
		400,
		`"free accounts can have only one database"`,
	)
	sandboxtest.Want(
		t,
		sandboxtest.Upstash(
			t, s, "free@example.com", key, "DELETE", "/v2/redis/database/"+first.Text(t, "database_id"), "",
		),
		200,
		`"OK"`,
	)

	if again := create(`{"name":"y","primary_region":"us-east-1"}`); again.Status != http.StatusOK {
		t.Errorf("after the deletion: got %d %s, want 200", again.Status, again.Body)
	}
}

func TestOneDatabaseIsReadHiddenAndDeleted(t *testing.T) {
	s := sandboxtest.Start(t)
	key := sandboxtest.MustMint(t, s, "a@example.com")
	other := sandboxtest.MustMint(t, s, "b@example.com")
	made := sandboxtest.Upstash(
		t,
		s,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-central1"}`,
	)
	path := "/v2/redis/database/" + made.Text(t, "database_id")

	sandboxtest.Want(
		t, sandboxtest.Upstash(t, s, "a@example.com", key, "GET", path, ""), 200, strings.TrimSpace(made.Body),
	)

	hidden := sandboxtest.Upstash(t, s, "a@example.com", key, "GET", path+"?credentials=hide", "")
	for _, member := range []string{"password", "rest_token", "read_only_rest_token"} {
		if value := hidden.Field(t, member); value != nil {
			t.Errorf("credentials=hide shows %s", member)
		}
	}
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, "b@example.com", other, "GET", path, ""), 404, `"database not found"`)
	sandboxtest.Want(
		t,
		sandboxtest.Upstash(t, s, "b@example.com", other, "DELETE", path, ""),
		404,
		`"database not found"`,
	)
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, "a@example.com", key, "DELETE", path, ""), 200, `"OK"`)
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, "a@example.com", key, "GET", path, ""), 404, `"database not found"`)

	if got := sandboxtest.Upstash(
		t, s, "a@example.com", key, "GET", "/v2/kafka/clusters", "",
	); got.Status != http.StatusNotFound {
		t.Errorf("unknown path: got %d, want 404", got.Status)
	}

	if got := sandboxtest.Upstash(
		t, s, "a@example.com", key, "PUT", "/apikey", "",
	); got.Status != http.StatusMethodNotAllowed {
		t.Errorf("wrong method: got %d, want 405", got.Status)
	}
}

func TestAWrongPairIsUnauthorized(t *testing.T) {
	s := sandboxtest.Start(t)
	key := sandboxtest.MustMint(t, s, "a@example.com")
	sandboxtest.MustMint(t, s, "b@example.com")

	for name, pair := range map[string][2]string{
		"wrong key":           {"a@example.com", "nope"},
		"empty key":           {"a@example.com", ""},
		"unknown e-mail":      {"nobody@example.com", key},
		"another's e-mail":    {"b@example.com", key},
		"e-mail in capitals":  {"A@example.com", key},
		"nothing at all sent": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			sandboxtest.Want(
				t,
				sandboxtest.Upstash(t, s, pair[0], pair[1], "GET", "/v2/redis/databases", ""),
				401,
				`{"error":"Unauthorized"}`,
			)
		})
	}
}
