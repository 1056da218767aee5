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
		err = rule.Check()
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	writeJSON(w, http.StatusCreated, map[string]string{"id": c.Faults.Add(rule)})
}

func (c *Control) clearFaults(w http.ResponseWriter, _ *http.Request) {
	c.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}
