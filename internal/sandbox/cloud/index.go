package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// product is Vector or Search. Their sections of the API differ in paths, in the request of a create and in what an
// index shows; the rest is the same.
type product struct {
	name     string // as in state.Index
	describe func(account state.Account, index state.Index) any

	didCreate, didDelete, didRename, didReset, didChangePlan, didTransfer action
}

func vectorProduct() product {
	return product{
		name:          state.ProductVector,
		describe:      func(account state.Account, index state.Index) any { return DescribeVector(account, index) },
		didCreate:     didCreateVector,
		didDelete:     didDeleteVector,
		didRename:     didRenameVector,
		didReset:      didResetVector,
		didChangePlan: didChangeVectorPlan,
		didTransfer:   didTransferVector,
	}
}

func searchProduct() product {
	return product{
		name:        state.ProductSearch,
		describe:    func(account state.Account, index state.Index) any { return DescribeSearch(account, index) },
		didCreate:   didCreateSearch,
		didDelete:   didDeleteSearch,
		didRename:   didRenameSearch,
		didReset:    didResetSearch,
		didTransfer: didTransferSearch,
	}
}

// show describes an index as this caller may see it: a read-only key sees only the read-only token, as of a database.
func (p product) show(who caller, index state.Index) any {
	if who.key.ReadOnly {
		index.Token = ""
	}

	return p.describe(who.account, index)
}

// listIndexes is GET /v2/vector/index and GET /v2/search, including secrets and without pagination.
func (a *API) listIndexes(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		indexes, err := a.store.Indexes(who.owner, p.name)
		if err != nil {
			a.fail(w, r, err)
			return
		}

		described := []any{}
		for _, index := range indexes {
			described = append(described, p.show(who, index))
		}
		journal.From(r.Context()).Outcome("ok")
		writeJSON(w, http.StatusOK, described)
	}
}

// getIndex is GET /v2/vector/index/{id} and GET /v2/search/{id}, including secrets.
func (a *API) getIndex(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		index, ok := a.index(w, r, who, p)
		if !ok {
			return
		}
		journal.From(r.Context()).Outcome("ok")
		writeJSON(w, http.StatusOK, p.show(who, index))
	}
}

// deleteIndex is DELETE /v2/vector/index/{id} and DELETE /v2/search/{id}.
func (a *API) deleteIndex(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		index, err := a.store.DeleteIndex(who.owner, p.name, r.PathValue("id"))
		if err != nil {
			a.refuseFor(w, r, err, errIndexNotFound)
			return
		}
		a.did(r, who, p.didDelete, index.Name, index.ID)
		done(w)
	}
}

// renameIndex is POST …/{id}/rename. Unlike the rename of a database, it returns a string.
func (a *API) renameIndex(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		var request struct {
			Name string `json:"name"`
		}
		if !decode(w, r, &request) {
			return
		}

		a.changeIndex(w, r, who, p, p.didRename, func(index *state.Index) error {
			if err := checkIndexName(request.Name); err != nil {
				return err
			}
			index.Name = request.Name

			return nil
		})
	}
}

// resetIndex is POST …/{id}/reset-password: it replaces both tokens, and returns a string instead of them.
func (a *API) resetIndex(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		a.changeIndex(w, r, who, p, p.didReset, func(index *state.Index) error {
			index.Token, index.ReadOnlyToken = indexTokens(index.Endpoint)
			return nil
		})
	}
}

// setIndexPlan is POST /v2/vector/index/{id}/setplan. Search has no such call.
func (a *API) setIndexPlan(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		var request struct {
			TargetPlan string `json:"target_plan"`
		}
		if !decode(w, r, &request) {
			return
		}

		a.changeIndex(w, r, who, p, p.didChangePlan, func(index *state.Index) error {
			if err := checkIndexPlan(who.plan, request.TargetPlan); err != nil {
				return err
			}
			index.Plan = request.TargetPlan

			return nil
		})
	}
}

// transferIndex is POST …/{id}/transfer. The target is a team; the real service does not transfer to a personal
// account either.
func (a *API) transferIndex(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		var request struct {
			TargetAccount string `json:"target_account"`
		}
		if !decode(w, r, &request) {
			return
		}

		team, err := a.store.Team(who.account, request.TargetAccount)
		if err != nil {
			a.refuseFor(w, r, err, errTeamNotFound)
			return
		}

		a.changeIndex(w, r, who, p, p.didTransfer, func(index *state.Index) error {
			index.Owner = state.TeamOwner(team.ID)
			return nil
		})
	}
}

// changeIndex makes one change to the index in the path, adds it to the audit log and responds.
func (a *API) changeIndex(
	w http.ResponseWriter, r *http.Request, who caller, p product, did action, change func(*state.Index) error,
) {
	index, err := a.store.UpdateIndex(who.owner, p.name, r.PathValue("id"), change)
	if err != nil {
		a.refuseFor(w, r, err, errIndexNotFound)
		return
	}
	a.did(r, who, did, index.Name, index.ID)
	done(w)
}

// index reads the index in the path, or responds and returns false.
func (a *API) index(w http.ResponseWriter, r *http.Request, who caller, p product) (state.Index, bool) {
	index, err := a.store.Index(who.owner, p.name, r.PathValue("id"))
	if err != nil {
		a.refuseFor(w, r, err, errIndexNotFound)
	}

	return index, err == nil
}

// addIndex stores a new index, adds it to the audit log and responds. It is not idempotent, and it allows two indexes
// of the same name, as for databases.
func (a *API) addIndex(w http.ResponseWriter, r *http.Request, who caller, p product, index state.Index) {
	index.ID, index.Owner, index.Product, index.CreatedAt = state.NewUUID(), who.owner, p.name, a.now()
	index.Endpoint = newEndpoint(index.Region, p.name)
	index.Token, index.ReadOnlyToken = indexTokens(index.Endpoint)

	if err := a.store.CreateIndex(index); err != nil {
		a.refuseFor(w, r, err, errIndexNotFound)
		return
	}
	a.did(r, who, p.didCreate, index.Name, index.ID)
	writeJSON(w, http.StatusOK, p.show(who, index))
}

func checkIndexName(name string) error {
	switch {
	case name == "":
		return errIndexName
	case len(name) > maxNameLength:
		return errIndexNameTooLong
	default:
		return nil
	}
}

// checkIndexPlan checks the plan of an index against that of its owner.
func checkIndexPlan(owners, plan string) error {
	switch {
	case plan != state.PlanFree && plan != state.PlanPAYG && plan != state.PlanFixed:
		return errPlan
	case owners == state.PlanFree && plan != state.PlanFree:
		return errPlanNotAllowed
	default:
		return nil
	}
}
