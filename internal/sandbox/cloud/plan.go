package cloud

import (
	"net/http"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// changePlan is POST /v2/redis/{id}/change-plan with plan_name, and POST /v2/redis/change-plan/{id} with plan, which
// Upstash's command line still sends.
func (a *API) changePlan(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		PlanName    string `json:"plan_name"`
		Plan        string `json:"plan"`
		AutoUpgrade *bool  `json:"auto_upgrade"`
		ProdPack    *bool  `json:"prod_pack_enabled"`
	}
	if !decode(w, r, &request) {
		return
	}

	if request.PlanName == "" {
		request.PlanName = request.Plan
	}

	_, ok := a.change(w, r, who, didChangePlan, func(database *state.Database) error {
		switch {
		case !knownPlan(request.PlanName) && !olderPlan(request.PlanName):
			return errPlan
		case who.plan == state.PlanFree && request.PlanName != state.PlanFree:
			return errPlanNotAllowed
		}

		database.Plan, database.PlanChangedAt = request.PlanName, a.now()
		if request.AutoUpgrade != nil {
			database.AutoUpgrade = *request.AutoUpgrade
		}

		if request.ProdPack != nil {
			database.ProdPack = *request.ProdPack
		}

		return nil
	})
	if ok {
		done(w)
	}
}

// olderPlan translates the plans that Upstash's command line offers.
func olderPlan(plan string) bool { return slices.Contains([]string{"pro", "paid"}, plan) }

// samePlanPath rewrites the newer path of a plan change to the older one. A mux cannot distinguish the newer one from
// /v2/redis/rename/change-plan and similar paths.
func samePlanPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, found := strings.CutPrefix(r.URL.Path, "/v2/redis/")

		id, ends := strings.CutSuffix(id, "/change-plan")
		if found && ends && id != "" && !strings.Contains(id, "/") {
			rewritten := r.Clone(r.Context())
			rewritten.URL.Path, rewritten.URL.RawPath = "/v2/redis/change-plan/"+id, ""
			r = rewritten
		}
		next.ServeHTTP(w, r)
	})
}

// updateBudget is PATCH /v2/redis/update-budget/{id}.
func (a *API) updateBudget(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		Budget *int64 `json:"budget"`
	}
	if !decode(w, r, &request) {
		return
	}

	_, ok := a.change(w, r, who, didUpdateBudget, func(database *state.Database) error {
		if request.Budget == nil || *request.Budget < 0 {
			return errBudget
		}
		database.Budget = *request.Budget

		return nil
	})
	if ok {
		done(w)
	}
}

// updateRegions is POST /v2/redis/update-regions/{id}: it replaces all read regions.
func (a *API) updateRegions(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		ReadRegions []string `json:"read_regions"`
	}
	if !decode(w, r, &request) {
		return
	}

	_, ok := a.change(w, r, who, didUpdateRegions, func(database *state.Database) error {
		if request.ReadRegions == nil {
			return errReadRegion
		}

		if why, ok := checkReadRegions(database.Platform, database.PrimaryRegion, request.ReadRegions); !ok {
			return why
		}
		database.ReadRegions = request.ReadRegions

		return nil
	})
	if ok {
		done(w)
	}
}
