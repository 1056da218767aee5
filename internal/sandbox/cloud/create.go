package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

const maxNameLength = 255

// createRequest accepts both dialects: the OpenAPI document's (database_name, platform) and the partner guide's
// (name, region "global"). It accepts and ignores tls, which the client cannot choose, and all unknown fields.
type createRequest struct {
	DatabaseName  string   `json:"database_name"`
	Name          string   `json:"name"`
	Platform      string   `json:"platform"`
	Region        string   `json:"region"`
	PrimaryRegion string   `json:"primary_region"`
	ReadRegions   []string `json:"read_regions"`
	Plan          string   `json:"plan"`
	Budget        int64    `json:"budget"`
	Eviction      bool     `json:"eviction"`
}

// createDatabase is POST /v2/redis/database. It is not idempotent, and it allows two databases of the same name: the
// real API documents neither idempotency nor unique names.
func (a *API) createDatabase(w http.ResponseWriter, r *http.Request, who caller) {
	var request createRequest
	if !decode(w, r, &request) {
		return
	}
	request.complete(who.plan)

	if why, ok := request.check(who.plan); !ok {
		refuse(w, r, why)
		return
	}

	limit := 0
	if who.plan == state.PlanFree {
		limit = 1
	}

	database := newDatabase(who.owner, request, a.address, a.now())
	if err := a.store.CreateDatabase(database, limit); err != nil {
		a.refuseFor(w, r, err, errDatabaseNotFound)
		return
	}
	a.did(r, who, didCreateDatabase, database.Name, database.ID)
	writeJSON(w, http.StatusOK, describe(who, database))
}

// complete fills in what the dialect leaves out.
func (c *createRequest) complete(plan string) {
	if c.DatabaseName == "" {
		c.DatabaseName = c.Name
	}

	if c.Platform == "" {
		c.Platform = platformOf(c.PrimaryRegion)
	}

	if c.Plan == "" {
		c.Plan = plan
	}
}

func (c *createRequest) check(plan string) (failure, bool) {
	switch {
	case c.DatabaseName == "":
		return errDatabaseName, false
	case len(c.DatabaseName) > maxNameLength:
		return errNameTooLong, false
	case c.Region != "" && c.Region != "global":
		return errRegional, false
	case platformOf(c.PrimaryRegion) == "":
		return errPrimaryRegion, false
	case c.Platform != platformAWS && c.Platform != platformGCP:
		return errPlatform, false
	case platformOf(c.PrimaryRegion) != c.Platform:
		return errRegionPlatform, false
	case !knownPlan(c.Plan):
		return errPlan, false
	case plan == state.PlanFree && c.Plan != state.PlanFree:
		return errPlanNotAllowed, false
	case c.Budget < 0:
		return errBudget, false
	}

	return checkReadRegions(c.Platform, c.PrimaryRegion, c.ReadRegions)
}
