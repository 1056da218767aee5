package control

import (
	"errors"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

type tokenRequest struct {
	Email  string         `json:"email"`
	Claims map[string]any `json:"claims"`
	Header map[string]any `json:"header"`
	TTL    *int64         `json:"ttl_s"`
}

// createToken mints an access token. The given claims and header members replace the defaults; null removes one.
func (c *Control) createToken(w http.ResponseWriter, r *http.Request) {
	var request tokenRequest
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	account, err := c.account(request)
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}

	claims := c.Provider.AccessClaims(account, c.SPAClientID, "offline_access")
	if request.TTL != nil {
		claims["exp"] = c.Now().Add(time.Duration(*request.TTL) * time.Second).Unix()
	}

	for name, value := range request.Claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}

	token, err := c.Provider.Mint(request.Header, claims)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"access_token": token})
}

// account finds the token's account. An unknown e-mail becomes a native payg account. If the claims name the subject
// of another account, the token belongs to that account, with an e-mail that has since changed, and no account is
// made.
func (c *Control) account(request tokenRequest) (state.Account, error) {
	account, err := c.Store.AccountByEmail(request.Email)
	if !errors.Is(err, state.ErrNotFound) {
		return account, err
	}
	subject, _ := request.Claims["sub"].(string)

	created, err := c.Store.CreateAccount(state.Account{
		Subject: subject, Email: request.Email, Plan: state.PlanPAYG, CreatedAt: c.Now(),
	})
	if errors.Is(err, state.ErrSubjectTaken) {
		return state.Account{Subject: subject, Email: request.Email}, nil
	}

	if errors.Is(err, state.ErrEmailTaken) {
		// A concurrent call made the account.
		return c.Store.AccountByEmail(request.Email)
	}

	return created, err
}
