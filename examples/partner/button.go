package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"

	connect "github.com/upstash-connect/bff/clients/go"
)

// openConnectSession answers the button's script, which sends the user to the URL. The user's id is that of the login.
// A paused grant is repaired; otherwise the user is asked for a database.
func (s *shop) openConnectSession(w http.ResponseWriter, r *http.Request, who user) {
	session := connect.ConnectSessionRequest{
		ExternalID: who.ID, DisplayName: who.Name, ReturnURL: s.own + "/upstash/return", Select: "database",
	}

	if grant, err := s.newestGrant(r.Context(), who); err == nil && grant.State == "paused" {
		session.Select, session.Reconnect = "", grant.ID
	}

	opened, err := s.client.OpenConnectSession(r.Context(), session)
	if err != nil {
		log.Printf("open a connect session: %v", err)
		http.Error(w, "Upstash Connect did not open a session", http.StatusBadGateway)

		return
	}

	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"url": opened.URL, "id": opened.ID, "status_token": opened.StatusToken,
	})
}

// completeConnectSession is where the user's browser comes back. Links can be forwarded: somebody else may have opened
// this session. So the product says who is logged in here, in this browser, and Upstash Connect compares. Nothing but
// the code and the session's id comes from the address.
func (s *shop) completeConnectSession(w http.ResponseWriter, r *http.Request) {
	who, loggedIn := s.logins.of(r)
	query := r.URL.Query()

	switch {
	case !loggedIn:
		s.returned(w, http.StatusUnauthorized, "Nobody is logged in here",
			"Upstash was not connected. Log in to Tidepool, and start again.", false)

		return
	case query.Get("error") != "":
		s.returned(w, http.StatusOK, "Nothing was connected", "You declined. Nothing has changed.", true)
		return
	}

	done, err := s.client.CompleteConnectSession(r.Context(), query.Get("connect_session"), query.Get("code"), who.ID)

	var problem *connect.Problem

	switch {
	case err == nil:
		s.choose(who, done.DatabaseID)
		s.returned(w, http.StatusOK, "Connected", "You can close this window.", true)
	case errors.As(err, &problem) && problem.Code == connect.CodeTransactionMismatch:
		s.returned(w, http.StatusForbidden, "This was not for you",
			"Somebody else started this in Tidepool. Your Upstash account was not connected, and they got no access "+
				"to it. To connect it for yourself, start from your own page.", false)
	case errors.As(err, &problem):
		s.returned(w, http.StatusConflict, "Nothing was connected", problem.Title+". Start again.", true)
	default:
		log.Printf("complete a connect session: %v", err)
		s.returned(w, http.StatusBadGateway, "Nothing was connected",
			"Upstash Connect did not respond. Start again.", true)
	}
}

// returned shows how it ended. goesOn closes the window, or goes back to the product's page in the same tab.
func (s *shop) returned(w http.ResponseWriter, status int, title, text string, goesOn bool) {
	render(w, status, "return.html", map[string]any{
		"Title": title, "Text": text, "GoesOn": goesOn, "Upstash": s.upstash,
	})
}

// disconnect gives the access back. The databases remain in the user's account.
func (s *shop) disconnect(w http.ResponseWriter, r *http.Request, who user) {
	grant, err := s.newestGrant(r.Context(), who)
	if err == nil && grant.ID != "" {
		err = s.client.RevokeGrant(r.Context(), grant.ID)
	}

	if err != nil {
		log.Printf("disconnect: %v", err)
		http.Error(w, "Upstash Connect did not respond; you are still connected", http.StatusBadGateway)

		return
	}

	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// downloadEnv reads the credentials at the moment of the download. The product stores none.
func (s *shop) downloadEnv(w http.ResponseWriter, r *http.Request, who user) {
	grant, err := s.newestGrant(r.Context(), who)
	database := s.databaseOf(who, grant)

	if err == nil && database == "" {
		http.Error(w, "no database is connected", http.StatusNotFound)
		return
	}

	var credentials connect.Credentials
	if err == nil {
		credentials, err = s.client.ForUser(who.ID).GetDatabaseCredentials(r.Context(), database)
	}

	if err != nil {
		log.Printf("read credentials: %v", err)
		http.Error(w, "Upstash Connect gave no credentials; reload the page", http.StatusBadGateway)

		return
	}

	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="tidepool.env"`)
	_, _ = fmt.Fprintf(w, "UPSTASH_REDIS_REST_URL=%q\nUPSTASH_REDIS_REST_TOKEN=%q\n",
		credentials.RestURL, credentials.RestToken)
}

// choose remembers the user's database. A product would keep the id in its own database: it is no secret. A reconnect
// asks for no database, and the earlier one remains.
func (s *shop) choose(who user, database string) {
	if database != "" {
		s.chosen.Store(who.ID, database)
	}
}

// databaseOf returns the id of the user's database. After a restart it is the last one that the grant covers.
func (s *shop) databaseOf(who user, grant connect.Grant) string {
	if id, found := s.chosen.Load(who.ID); found {
		return id.(string)
	}

	if covered := grant.DatabaseIds; len(covered) > 0 {
		return covered[len(covered)-1]
	}

	return ""
}
