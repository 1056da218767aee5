package cloud

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

const maxNameLength = 255

// createRequest holds both dialects: the OpenAPI document's (database_name,
// platform) and the partner guide's (name, region "global"). tls is accepted
// and ignored, for it is not the client's to choose; so is every unknown field.
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

// createDatabase is POST /v2/redis/database. It is not idempotent, and it does
// not mind two databases of one name: the real API documents neither.
func (a *API) createDatabase(w http.ResponseWriter, r *http.Request, account state.Account) {
	var request createRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		refuse(w, r, errBody)
		return
	}
	request.complete(account)
	if why, ok := request.check(account); !ok {
		refuse(w, r, why)
		return
	}
	limit := 0
	if account.Plan == state.PlanFree {
		limit = 1
	}
	database := newDatabase(account.Subject, request, a.address, a.now())
	switch err := a.store.CreateDatabase(database, limit); {
	case errors.Is(err, state.ErrDatabaseLimit):
		refuse(w, r, errFreeLimit)
	case err != nil:
		a.fail(w, r, err)
	default:
		journal.From(r.Context()).Outcome("database_created")
		writeJSON(w, http.StatusOK, Describe(account, database))
	}
}

// complete fills in what the dialect at hand leaves out.
func (c *createRequest) complete(account state.Account) {
	if c.DatabaseName == "" {
		c.DatabaseName = c.Name
	}
	if c.Platform == "" {
		c.Platform = platformOf(c.PrimaryRegion)
	}
	if c.Plan == "" {
		c.Plan = account.Plan
	}
}

func (c *createRequest) check(account state.Account) (failure, bool) {
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
	case slices.Contains(c.ReadRegions, c.PrimaryRegion):
		return errPrimaryAsRead, false
	case !knownPlan(c.Plan):
		return errPlan, false
	case account.Plan == state.PlanFree && c.Plan != state.PlanFree:
		return errPlanNotAllowed, false
	case c.Budget < 0:
		return errBudget, false
	}
	for i, region := range c.ReadRegions {
		if !canReplicate(region) || c.Platform != platformAWS || slices.Contains(c.ReadRegions[:i], region) {
			return errReadRegion, false
		}
	}
	return failure{}, true
}
