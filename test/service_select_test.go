package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// status is what a service reads of its connect session.
type status struct {
	State      string `json:"state"`
	Select     string `json:"select"`
	DatabaseID string `json:"database_id"`
	Left       bool   `json:"left"`
}

func statusOf(t *testing.T, s harness.Service, id string) (found status) {
	t.Helper()
	s.Call(t, "GET", "/api/v1/connect-sessions/"+id, "").Is(t, 200).JSON(t, &found)

	return found
}

// ownDatabase creates a database as the user of a browser, and returns its id.
func ownDatabase(t *testing.T, b *harness.Browser, name string) string {
	t.Helper()

	var made struct{ ID string }
	body := fmt.Sprintf(`{"name":%q,"primary_region":"us-east-1"}`, name)
	b.Page(t, "POST", "/api/v1/databases", nil, body).Is(t, 201).JSON(t, &made)

	return made.ID
}

func selectedAs(id string) string { return `"database_id":` + harness.Quoted(id) }

func TestUserSelectsADatabaseForTheService(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", `"select":"database","databases":"selected"`)
	browser := s.Browser(t)

	var transaction struct{ Select string }
	browser.Open(t, opened.Invitation).Is(t, 200).JSON(t, &transaction)
	browser.Login(t, "someone@example.com")
	account := browser.Choose(t)
	mine, other := ownDatabase(t, browser, "mine"), ownDatabase(t, browser, "other")

	got := statusOf(t, s, opened.ID)
	if transaction.Select != "database" || got.Select != "database" || got.DatabaseID != "" {
		t.Errorf("got %+v and %+v before the approval", transaction, got)
	}

	code := browser.CodeOf(t, browser.Approve(t, account, selectedAs(mine)))
	if got := statusOf(t, s, opened.ID); got.State != "awaiting_completion" || got.DatabaseID != mine {
		t.Errorf("got %+v, want the selected database", got)
	}

	var completed struct {
		harness.Grant
		DatabaseID string `json:"database_id"`
	}
	s.Complete(t, opened.ID, code, "user-1").Is(t, 201).JSON(t, &completed)

	if completed.DatabaseID != mine || len(completed.DatabaseIDs) != 1 || completed.DatabaseIDs[0] != mine {
		t.Errorf("got %+v, want the grant to cover %s", completed, mine)
	}
	s.Do(t, "GET", harness.DatabasesPath+"/"+mine, s.As("user-1"), "").Is(t, 200)
	s.Do(t, "GET", harness.DatabasesPath+"/"+other, s.As("user-1"), "").IsProblem(t, 404, "database_not_found")

	// Selecting again adds to the same grant.
	second := s.Invite(t, "user-1", `"select":"database","databases":"selected"`)
	browser.Open(t, second.Invitation).Is(t, 200)
	code = browser.CodeOf(t, browser.Approve(t, browser.Choose(t), selectedAs(other)))

	var again harness.Grant
	s.Complete(t, second.ID, code, "user-1").Is(t, 201).JSON(t, &again)

	if again.ID != completed.ID || len(again.DatabaseIDs) != 2 {
		t.Errorf("got %+v, want %s with both databases", again, completed.ID)
	}
}

func TestSelectionsThatAreRejectedChangeNothing(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	stranger := s.Browser(t)
	stranger.Login(t, "stranger@example.com")
	foreign := ownDatabase(t, stranger, "foreign")

	for body, pointer := range map[string]string{
		`"select":"index"`: "/select", `"select":"DATABASE"`: "/select",
		`"select":"database","reconnect":"grt_AAAAAAAAAAAAAAAAAAAAAAAAAA"`: "/select",
	} {
		got := s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"user-1",`+body+`}`)
		got.IsProblem(t, 422, "validation_failed")

		if !strings.Contains(got.Body, pointer) {
			t.Errorf("%s: got %s, want %s", body, got.Body, pointer)
		}
	}

	opened := s.Invite(t, "user-1", `"select":"database"`)
	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, "someone@example.com")
	account := browser.Choose(t)
	gone := ownDatabase(t, browser, "gone")

	for name, row := range map[string]struct {
		body, code string
		status     int
	}{
		"none":                    {"", "validation_failed", 422},
		"another account's":       {selectedAs(foreign), "database_not_found", 404},
		"no id":                   {selectedAs("../../v2/teams"), "database_not_found", 404},
		"a huge id":               {selectedAs(strings.Repeat("a", 10_000)), "database_not_found", 404},
		"one that does not exist": {selectedAs("96ad0856-03b1-4ee7-9666-e81abd0349e1"), "database_not_found", 404},
	} {
		browser.Approve(t, account, row.body).IsProblem(t, row.status, row.code)

		if got := statusOf(t, s, opened.ID); got.State != "consenting" || got.DatabaseID != "" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	browser.CodeOf(t, browser.Approve(t, account, selectedAs(gone)))

	// A service that asks for none gets none.
	plain := s.Invite(t, "user-2", "")
	browser.Open(t, plain.Invitation).Is(t, 200)
	browser.Approve(t, browser.Choose(t), selectedAs(gone)).IsProblem(t, 422, "validation_failed")
}

func TestClosedPageIsReportedUntilItIsBack(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", "")
	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)

	leave := func(id string) {
		t.Helper()
		body := `{"id":` + harness.Quoted(id) + `}`
		browser.Page(t, "POST", "/api/v1/transaction/left", nil, body).Is(t, http.StatusNoContent)
	}
	eventually := func(what string, want bool) {
		t.Helper()

		for deadline := time.Now().Add(10 * time.Second); statusOf(t, s, opened.ID).Left != want; {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}

	leave("cs_ofanothertab")

	if got := statusOf(t, s, opened.ID); got.Left {
		t.Error("a report about another session counts")
	}
	leave(opened.ID)

	if got := statusOf(t, s, opened.ID); got.Left {
		t.Error("a reload would count as a departure")
	}
	eventually("the departure is not reported", true)

	browser.Page(t, "GET", "/api/v1/transaction", nil, "").Is(t, 200)
	eventually("the return is not reported", false)
	leave(opened.ID)
	browser.Login(t, "someone@example.com")
	browser.CodeOf(t, browser.Approve(t, browser.Choose(t), ""))

	if got := statusOf(t, s, opened.ID); got.Left || got.State != "awaiting_completion" {
		t.Errorf("after the approval: got %+v", got)
	}
}

// A browser has one transaction. The session that loses it has expired, for its service too.
func TestSecondInvitationInABrowserEndsTheFirst(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	first, second := s.Invite(t, "user-1", ""), s.Invite(t, "user-2", "")
	browser := s.Browser(t)
	browser.Open(t, first.Invitation).Is(t, 200)
	browser.Open(t, "uci_unknown").IsProblem(t, 410, "invitation_expired")

	if got := s.State(t, first.ID); got != "authenticating" {
		t.Errorf("an invitation that does not open ends the first: %s", got)
	}
	browser.Open(t, second.Invitation).Is(t, 200)

	if one, two := s.State(t, first.ID), s.State(t, second.ID); one != "expired" || two != "authenticating" {
		t.Errorf("got %s and %s", one, two)
	}
	browser.Login(t, "someone@example.com")
	code := browser.Allow(t)

	third := s.Invite(t, "user-3", "")
	browser.Open(t, third.Invitation).Is(t, 200)
	s.Complete(t, second.ID, code, "user-2").Is(t, 201) // decided before
}
