package control

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

type clientRequest struct {
	ClientID        string   `json:"client_id"`
	Name            string   `json:"name"`
	Callbacks       []string `json:"callbacks"`
	Origins         []string `json:"origins"`
	Consent         bool     `json:"consent"`
	ConfirmLoopback bool     `json:"confirm_loopback"`
	ThirdParty      bool     `json:"third_party"`
}

// registerClient registers a public client, or adds to an existing one. Its origins also become logout URLs.
func (c *Control) registerClient(w http.ResponseWriter, r *http.Request) {
	var request clientRequest
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	if request.ClientID == "" && request.ThirdParty {
		// Auth0 assigns these ids; nobody chooses one.
		request.ClientID = state.ThirdPartyPrefix + rand.Text()
	}

	if request.ClientID == "" {
		refuse(w, http.StatusBadRequest, "client_id: required")
		return
	}

	for _, raw := range slices.Concat(request.Callbacks, request.Origins) {
		if parsed, err := url.Parse(raw); err != nil || parsed.Scheme == "" {
			refuse(w, http.StatusBadRequest, "callbacks and origins must be absolute URLs")
			return
		}
	}

	logoutURLs := []string{}
	for _, origin := range request.Origins {
		logoutURLs = append(logoutURLs, origin, origin+"/")
	}

	client, err := c.Store.MergeClient(state.Client{
		ID: request.ClientID, Name: cmp.Or(request.Name, request.ClientID),
		Callbacks: request.Callbacks, Origins: request.Origins, LogoutURLs: logoutURLs,
		Consent: request.Consent, ConfirmLoopback: request.ConfirmLoopback, ThirdParty: request.ThirdParty,
	})
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	writeJSON(w, http.StatusCreated, client)
}

// revokeConsent does what an operator of Auth0 does in a user's list of authorized applications: the user must
// consent again at the next login.
func (c *Control) revokeConsent(w http.ResponseWriter, r *http.Request) {
	if err := c.Store.RevokeConsent(r.PathValue("email"), r.PathValue("client")); err != nil {
		c.refuseFor(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// rotateKeys makes a new key the signing key. The old keys stay published unless drop_old is set.
func (c *Control) rotateKeys(w http.ResponseWriter, r *http.Request) {
	var request struct {
		DropOld bool `json:"drop_old"`
	}
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	current, published, err := c.Provider.Rotate(request.DropOld)
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"kid": current, "published": published})
}
