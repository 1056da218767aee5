package control

import (
	_ "embed"
	"net/http"
	"strings"
)

//go:embed help.txt
var helpText string

func (c *Control) help(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = strings.NewReplacer("{{URL}}", c.URL, "{{ISSUER}}", c.Provider.Issuer()).WriteString(w, helpText)
}
