package control

import (
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/fault"
)

func (c *Control) createFault(w http.ResponseWriter, r *http.Request) {
	var rule fault.Rule

	err := decode(r, &rule)
	if err == nil {
		rule, err = rule.Resolve()
	}

	if err == nil {
		err = rule.Check()
	}

	if err != nil {
		refuse(w, http.StatusBadRequest, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	writeJSON(w, http.StatusCreated, map[string]string{"id": c.Faults.Add(rule)})
}

// listFaults lists the active rules, their mode and their seed.
func (c *Control) listFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(
		w,
		http.StatusOK,
		map[string]any{"mode": c.Faults.Mode(), "seed": c.Faults.Seed(), "faults": c.Faults.Active()},
	)
}

func (c *Control) listPresets(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"presets": fault.Presets()})
}

func (c *Control) removeFault(w http.ResponseWriter, r *http.Request) {
	if !c.Faults.Remove(r.PathValue("id")) {
		refuse(w, http.StatusNotFound, "no such fault is in force")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *Control) clearFaults(w http.ResponseWriter, _ *http.Request) {
	c.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}
