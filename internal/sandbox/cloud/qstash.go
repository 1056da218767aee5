package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// qstashRegion is where an owner's first QStash user is: the older of the two documented regions.
const qstashRegion = "eu-central-1"

// qstashPaid is the plan without a fixed price.
const qstashPaid = "paid"

// listQStash is GET /v2/qstash/users. No call creates a QStash user: here an owner gets one with the first list, so
// that there always is one.
func (a *API) listQStash(w http.ResponseWriter, r *http.Request, who caller) {
	first := state.QStash{
		ID:        state.NewUUID(),
		Owner:     who.owner,
		Plan:      qstashPaid,
		Region:    qstashRegion,
		CreatedBy: who.account.Email,
		CreatedAt: a.now(),
	}
	if who.plan == state.PlanFree {
		first.Plan = state.PlanFree
	}
	drawQStashTokens(&first)

	users, err := a.store.EnsureQStash(first)
	if err != nil {
		a.fail(w, r, err)
		return
	}

	described := []QStashDescription{}
	for _, user := range users {
		described = append(described, showQStash(who, user))
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, described)
}

// getQStash is GET /v2/qstash/user/{id}.
func (a *API) getQStash(w http.ResponseWriter, r *http.Request, who caller) {
	user, err := a.store.QStash(who.owner, r.PathValue("id"))
	if err != nil {
		a.refuseFor(w, r, err, errQStashNotFound)
		return
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, showQStash(who, user))
}

// rotateQStashToken is POST /v2/qstash/rotate-token/{id}: it replaces both tokens and returns them.
func (a *API) rotateQStashToken(w http.ResponseWriter, r *http.Request, who caller) {
	user, ok := a.changeQStash(w, r, who, didRotateQStash, func(user *state.QStash) error {
		drawQStashTokens(user)
		return nil
	})
	if ok {
		writeJSON(w, http.StatusOK, showQStash(who, user))
	}
}

// setQStashPlan is POST /v2/qstash/set-plan/{id}.
func (a *API) setQStashPlan(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		PlanName string `json:"plan_name"`
	}
	if !decode(w, r, &request) {
		return
	}

	_, ok := a.changeQStash(w, r, who, didChangeQStashPlan, func(user *state.QStash) error {
		switch {
		case request.PlanName != qstashPaid && !fixedQStash(request.PlanName):
			return errPlan
		case who.plan == state.PlanFree:
			return errPlanNotAllowed
		}
		user.Plan, user.PlanChangedAt = request.PlanName, a.now()

		return nil
	})
	if ok {
		done(w)
	}
}

func fixedQStash(plan string) bool {
	return slices.Contains([]string{"qstash_fixed_1m", "qstash_fixed_10m", "qstash_fixed_100m"}, plan)
}

// updateQStashBudget is PATCH /v2/qstash/update-budget/{id}: 0 for no limit, or $20 to $10,000.
func (a *API) updateQStashBudget(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		Budget *int64 `json:"budget"`
	}
	if !decode(w, r, &request) {
		return
	}

	_, ok := a.changeQStash(w, r, who, didUpdateQStashBudget, func(user *state.QStash) error {
		if request.Budget == nil || (*request.Budget != 0 && (*request.Budget < 20 || *request.Budget > 10_000)) {
			return errBudget
		}
		user.Budget = *request.Budget

		return nil
	})
	if ok {
		done(w)
	}
}

// setProdPack is POST /v2/qstash/enable-prodpack/{id} and its opposite. It rejects the current value, as the switches
// of a database do.
func (a *API) setProdPack(on bool, did action) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		_, ok := a.changeQStash(w, r, who, did, func(user *state.QStash) error {
			switch {
			case on && user.Plan == state.PlanFree:
				return errPlanNotAllowed
			case on && user.ProdPack:
				return errProdPackOn
			case !on && !user.ProdPack:
				return errProdPackOff
			}
			user.ProdPack = on

			return nil
		})
		if ok {
			done(w)
		}
	}
}

// moveQStash is POST /v2/qstash/move-to-team. The account gets a new QStash user with its next list.
func (a *API) moveQStash(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		QStashID     string `json:"qstash_id"`
		TargetTeamID string `json:"target_team_id"`
	}
	if !decode(w, r, &request) {
		return
	}

	team, err := a.store.Team(who.account, request.TargetTeamID)
	if err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}

	user, err := a.store.UpdateQStash(who.owner, request.QStashID, func(user *state.QStash) error {
		user.Owner = state.TeamOwner(team.ID)
		return nil
	})
	if err != nil {
		a.refuseFor(w, r, err, errQStashNotFound)
		return
	}
	a.did(r, who, didMoveQStash, user.ID, team.Name)
	done(w)
}

// changeQStash makes one change to the QStash user in the path and adds it to the audit log, or responds and returns
// false.
func (a *API) changeQStash(
	w http.ResponseWriter, r *http.Request, who caller, did action, change func(*state.QStash) error,
) (state.QStash, bool) {
	user, err := a.store.UpdateQStash(who.owner, r.PathValue("id"), change)
	if err != nil {
		a.refuseFor(w, r, err, errQStashNotFound)
		return state.QStash{}, false
	}
	a.did(r, who, did, user.ID, "")

	return user, true
}

// qstashIPv4 is GET /v2/qstash/ipv4, which needs no key. The addresses are those of RFC 5737 for documentation: the
// sandbox sends no requests.
func (a *API) qstashIPv4(w http.ResponseWriter, r *http.Request) {
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, []string{"192.0.2.1/32", "198.51.100.1/32"})
}

// drawQStashTokens generates new tokens: the id and a password, encoded.
func drawQStashTokens(user *state.QStash) {
	for _, token := range []*string{&user.Token, &user.ReadOnlyToken} {
		var secret [16]byte
		rand.Read(secret[:])
		raw := `{"UserID":"` + user.ID + `","Password":"` + hex.EncodeToString(secret[:]) + `"}`
		*token = base64.StdEncoding.EncodeToString([]byte(raw))
	}
}

// showQStash describes a QStash user as this caller may see it, as an index.
func showQStash(who caller, user state.QStash) QStashDescription {
	if who.key.ReadOnly {
		user.Token = ""
	}

	return DescribeQStash(who.account, user)
}
