package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/docs"
)

// problemStyle is allowed by its hash, in this one page of the API: everything else of it loads nothing at all.
const problemStyle = `:root{color-scheme:light dark}body{font:1.0625rem/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1.25rem}code{font-family:ui-monospace,monospace;font-size:.95em}`

// problemMeanings reads the sections of docs/problems.md: code to paragraphs.
func problemMeanings(page string) map[Code][]string {
	meanings := map[Code][]string{}
	for _, section := range strings.Split(page, "\n## ")[1:] {
		code, text, _ := strings.Cut(section, "\n")
		for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
			meanings[Code(code)] = append(meanings[Code(code)], strings.ReplaceAll(paragraph, "\n", " "))
		}
	}
	return meanings
}

func problemTemplate() *template.Template {
	return template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Code}}</title><style>` + problemStyle + `</style></head>
<body><main><p><code>{{.Status}} {{.Code}}</code></p><h1>{{.Title}}</h1>
{{range .Paragraphs}}<p>{{.}}</p>
{{end}}</main></body></html>
`))
}

// problemMeaning explains a code: the `type` of every problem leads here.
//
//	@Summary		What a problem means
//	@Description	A page for people: what a problem code means and what to do.
//	@ID				getProblem
//	@Tags			config
//	@Produce		text/html
//	@Param			code	path		string	true	"the code"	example(reconnect_required)
//	@Success		200		{string}	string	"the meaning"
//	@Failure		default	{object}	Problem	"a problem"
//	@x-problem-codes ["not_found"]
//	@Router			/problems/{code} [get]
func (s *Server) problemMeaning(c echo.Context) error {
	code := Code(c.Param("code"))
	definition, known := definitions()[code]
	if !known {
		return notFound(c)
	}
	var page bytes.Buffer
	err := problemTemplate().Execute(&page, map[string]any{
		"Code": code, "Status": definition.status, "Title": definition.title, "Paragraphs": problemMeanings(docs.Problems)[code],
	})
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(problemStyle))
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy,
		"default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'; frame-ancestors 'none'")
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}
