package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// createSearch is POST /v2/search.
func (a *API) createSearch(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		Name   string `json:"name"`
		Region string `json:"region"`
		Type   string `json:"type"`
	}
	if !decode(w, r, &request) {
		return
	}

	err := checkIndexName(request.Name)
	if err == nil && request.Region != "eu-west-1" && request.Region != "us-central1" {
		err = errIndexRegion
	}

	if err == nil {
		err = checkIndexPlan(who.plan, request.Type)
	}

	if err != nil {
		a.refuseFor(w, r, err, errIndexNotFound)
		return
	}

	a.addIndex(w, r, who, searchProduct(), state.Index{
		Name:   request.Name,
		Plan:   request.Type,
		Region: request.Region,
	})
}
