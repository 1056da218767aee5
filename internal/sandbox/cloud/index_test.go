package cloud_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// indexSection is a section of the API whose resources are indexes.
type indexSection struct {
	path string
	body func(name string) string
	host *regexp.Regexp // the form of an endpoint
	free string         // the body of a create of a free index
}

func indexSections() map[string]indexSection {
	return map[string]indexSection{
		"vector": {
			path: "/v2/vector/index",
			body: sandboxtest.VectorBody,
			host: regexp.MustCompile(`^[a-z]+-[a-z]+-\d{5}-us1-vector$`),
			free: `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3}`,
		},
		"search": {
			path: "/v2/search",
			body: sandboxtest.SearchBody,
			host: regexp.MustCompile(`^[a-z]+-[a-z]+-\d{5}-eu1-search$`),
			free: `{"name":"x","region":"eu-west-1","type":"free"}`,
		},
	}
}

func TestAnIndexIsCreatedReadListedAndDeleted(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			s := sandboxtest.Start(t)
			u, other := sandboxtest.NewUser(t, s, "a@example.com"), sandboxtest.NewUser(t, s, "b@example.com")
			sandboxtest.Want(t, u.Send("GET", section.path, ""), 200, "[]")

			made := u.Send("POST", section.path, section.body("docs"))
			if made.Status != 200 || made.Text(t, "name") != "docs" || made.Text(t, "type") != "payg" {
				t.Fatalf("create: got %d %s", made.Status, made.Body)
			}

			if made.Text(t, "token") == made.Text(t, "read_only_token") || made.Text(t, "customer_id") != u.Email {
				t.Errorf("create: got %s, want two tokens and the owner's e-mail", made.Body)
			}

			if host := made.Text(t, "endpoint"); !section.host.MatchString(host) {
				t.Errorf("endpoint: got %q, want %s", host, section.host)
			}

			if seconds := fmt.Sprint(made.Field(t, "creation_time")); len(seconds) != 10 {
				t.Errorf("creation_time: got %s, want seconds", seconds)
			}

			path := section.path + "/" + made.Text(t, "id")
			sandboxtest.Want(t, u.Send("GET", path, ""), 200, made.Body)
			sandboxtest.Want(t, u.Send("GET", section.path, ""), 200, "["+made.Body+"]") // with its secrets

			sandboxtest.Want(t, other.Send("GET", section.path, ""), 200, "[]")
			sandboxtest.Want(t, other.Send("GET", path, ""), 404, `"index not found"`)
			sandboxtest.Want(t, other.Send("DELETE", path, ""), 404, `"index not found"`)

			u.Ok("DELETE", path, "")
			sandboxtest.Want(t, u.Send("GET", path, ""), 404, `"index not found"`)
			sandboxtest.Want(t, u.Send("DELETE", path, ""), 404, `"index not found"`)
			sandboxtest.Want(t, u.Send("GET", section.path, ""), 200, "[]")
		})
	}
}

func TestTheSectionsHaveTheirOwnIndexes(t *testing.T) {
	u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
	vector := u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("x"))
	search := u.CreateIndex("/v2/search", sandboxtest.SearchBody("x"))
	sandboxtest.Want(t, u.Send("GET", "/v2/search/"+vector, ""), 404, `"index not found"`)
	sandboxtest.Want(t, u.Send("DELETE", "/v2/vector/index/"+search, ""), 404, `"index not found"`)
	sandboxtest.Want(t, u.Send("GET", "/v2/redis/database/"+vector, ""), 404, `"database not found"`)
}

func TestAnIndexIsRenamed(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
			path := section.path + "/" + u.CreateIndex(section.path, section.body("x"))
			u.CreateIndex(section.path, section.body("y"))
			u.Ok("POST", path+"/rename", `{"name":"y"}`) // a name may be used twice

			if got := u.Send("GET", path, "").Text(t, "name"); got != "y" {
				t.Errorf("read back: got %q, want y", got)
			}
			long := fmt.Sprintf(`{"name":%q}`, strings.Repeat("x", 256))
			sandboxtest.Want(t, u.Send("POST", path+"/rename", `{}`), 400, `"index name is required"`)
			sandboxtest.Want(t, u.Send("POST", path+"/rename", long), 400, `"index name is too long"`)
			sandboxtest.Want(t, u.Send("POST", path+"/rename", `name=z`), 400, `"invalid request body"`)
			sandboxtest.Want(t, u.Send("POST", section.path+"/nope/rename", `{"name":"y"}`), 404, `"index not found"`)
		})
	}
}

func TestAResetPasswordOfAnIndexReplacesBothTokens(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
			path := section.path + "/" + u.CreateIndex(section.path, section.body("x"))
			before := u.Send("GET", path, "")
			u.Ok("POST", path+"/reset-password", "")

			after := u.Send("GET", path, "")
			for _, member := range []string{"token", "read_only_token"} {
				if after.Text(t, member) == before.Text(t, member) {
					t.Errorf("%s is as before", member)
				}
			}

			if after.Text(t, "endpoint") != before.Text(t, "endpoint") {
				t.Error("the endpoint changed")
			}
			sandboxtest.Want(t, u.Send("POST", section.path+"/nope/reset-password", ""), 404, `"index not found"`)
		})
	}
}

func TestAnIndexIsTransferredToATeam(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
			path := section.path + "/" + u.CreateIndex(section.path, section.body("x"))
			team := u.Team()
			to := func(target string) string { return fmt.Sprintf(`{"target_account":%q}`, target) }
			sandboxtest.Want(t, u.Send("POST", path+"/transfer", to("nope")), 404, `"team not found"`)
			sandboxtest.Want(t, u.Send("POST", section.path+"/nope/transfer", to(team)), 404, `"index not found"`)

			u.Ok("POST", path+"/transfer", to(team))
			sandboxtest.Want(t, u.Send("GET", path, ""), 404, `"index not found"`)
			sandboxtest.Want(t, u.Send("DELETE", "/v2/team/"+team, ""), 400, `"team has indexes"`)

			acting := u.TeamKey(team)
			if got := acting.Send("GET", path, ""); got.Status != 200 || got.Text(t, "customer_id") != team {
				t.Errorf("with the team's key: got %d %s", got.Status, got.Body)
			}
			acting.Ok("DELETE", path, "")
			u.Ok("DELETE", "/v2/team/"+team, "")
		})
	}
}

func TestAFreeAccountHasOneIndexOfEachProduct(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			s := sandboxtest.Start(t)
			sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
			u := sandboxtest.NewUser(t, s, "free@example.com")
			sandboxtest.Want(
				t, u.Send("POST", section.path, section.body("x")), 400, `"plan is not available for free accounts"`,
			)

			first := u.Send("POST", section.path, section.free)
			if first.Status != 200 || first.Text(t, "type") != "free" {
				t.Fatalf("the first: got %d %s", first.Status, first.Body)
			}
			sandboxtest.Want(t, u.Send("POST", section.path, section.free), 400, `"index limit exceeded"`)
			u.Ok("DELETE", section.path+"/"+first.Text(t, "id"), "")

			if got := u.Send("POST", section.path, section.free); got.Status != 200 {
				t.Errorf("after the deletion: got %d %s", got.Status, got.Body)
			}
		})
	}
}

func TestStatsOfIndexesCountNothing(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
			path := section.path + "/" + u.CreateIndex(section.path, section.body("x"))

			got := u.Send("GET", path+"/stats?period=3h", "")
			if got.Status != 200 || fmt.Sprint(got.Field(t, "current_vector_count")) != "0" {
				t.Errorf("got %d %s", got.Status, got.Body)
			}

			if points := got.Field(t, "vector_count").([]any); len(points) != 1 {
				t.Errorf("vector_count: got %v, want one point", points)
			}
			sandboxtest.Want(t, u.Send("GET", section.path+"/nope/stats", ""), 404, `"index not found"`)
			sandboxtest.Want(t, u.Send("GET", section.path+"/stats", ""), 200,
				`{"record_count":0,"request":0,"bandwidth":0,"storage":0,"billing":0,"rerank_count":0}`)
		})
	}
}

func TestAReadOnlyKeyReadsIndexesWithoutTheFullToken(t *testing.T) {
	for name, section := range indexSections() {
		t.Run(name, func(t *testing.T) {
			s := sandboxtest.Start(t)
			u := sandboxtest.NewUser(t, s, "a@example.com")
			path := section.path + "/" + u.CreateIndex(section.path, section.body("x"))
			made := sandboxtest.Call(
				t, "POST", s.ControlURL()+"/accounts/a@example.com/keys", `{"name":"reader","read_only":true}`,
			)
			reader := sandboxtest.User{T: t, S: s, Email: u.Email, Key: made.Text(t, "secret")}

			got := reader.Send("GET", path, "")
			if got.Status != 200 || got.Field(t, "token") != nil || got.Text(t, "read_only_token") == "" {
				t.Errorf("got %d %s, want the read-only token alone", got.Status, got.Body)
			}

			const refused = `"Readonly API key can not be used for this operation"`
			sandboxtest.Want(t, reader.Send("POST", section.path, section.body("y")), 403, refused)
			sandboxtest.Want(t, reader.Send("DELETE", section.path+"/nope", ""), 403, refused)
			sandboxtest.Want(t, reader.Send("POST", path+"/reset-password", ""), 403, refused)
		})
	}
}

func TestTheJournalMasksTokensOfEveryProduct(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("x"))
	u.CreateIndex("/v2/search", sandboxtest.SearchBody("x"))

	tokens := []string{}
	for _, path := range []string{"/v2/vector/index", "/v2/search", "/v2/qstash/users"} {
		for _, listed := range sandboxtest.DecodeList(t, u.Send("GET", path, "")) {
			tokens = append(tokens, listed["token"].(string), listed["read_only_token"].(string))
		}
	}
	u.Send("POST", "/v2/qstash/rotate-token/"+u.QStash(), "")

	journal := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal?target=all", "").Body
	if !strings.Contains(journal, "/v2/qstash/users") || len(tokens) != 6 {
		t.Fatalf("the journal lacks the calls, or there are %d tokens: %s", len(tokens), journal)
	}

	for _, token := range tokens {
		if strings.Contains(journal, strings.TrimRight(token, "=")) {
			t.Errorf("the journal has the token %s", token)
		}
	}
}
