package api

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/docs"
	"github.com/upstash-connect/bff/internal/problem"
)

// paragraph is a text, split into plain text and code spans.
type paragraph []span

// span is a piece of a paragraph. Code is shown in a monospaced font. Link is an optional path below the base path.
type span struct {
	Text, Link string
	Code       bool
}

// problemMeanings parses docs/integrate/problems.md: the introduction before the first section, and the paragraphs of
// each code.
func problemMeanings(page string) (introduction []paragraph, meanings map[problem.Code][]paragraph) {
	sections := strings.Split(page, "\n## ")
	_, text, _ := strings.Cut(sections[0], "\n") // drops the title
	introduction = paragraphs(text)

	meanings = map[problem.Code][]paragraph{}
	for _, section := range sections[1:] {
		code, text, _ := strings.Cut(section, "\n")
		meanings[problem.Code(code)] = paragraphs(text)
	}

	return introduction, meanings
}

func paragraphs(text string) []paragraph {
	var all []paragraph
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var spans paragraph
		for i, piece := range strings.Split(strings.ReplaceAll(block, "\n", " "), "`") {
			if piece != "" {
				spans = append(spans, span{Text: piece, Code: i%2 == 1, Link: linkOf(piece, i%2 == 1)})
			}
		}
		all = append(all, spans)
	}

	return all
}

// linkOf returns the link of a code span: the page of a problem code, or the document that it names.
func linkOf(text string, code bool) string {
	if !code {
		return ""
	}

	if isAPICode(problem.Code(text)) {
		return "/api/v1/problems/" + text
	}

	if strings.HasPrefix(text, "/api/v1/openapi.") || text == "/api/v1/docs" {
		return text
	}

	return ""
}

// problemIndex lists the codes.
//
//	@Summary		List all problem codes
//	@Description	An HTML page that lists every problem code, with a link to its explanation.
//	@ID				listProblems
//	@Tags			config
//	@Produce		text/html
//	@Success		200		{string}	string	"the list"
//	@Failure		default	{object}	Problem	"a problem"
//	@Router			/problems [get]
func (s *Server) problemIndex(c echo.Context) error {
	type row struct {
		Code   problem.Code
		Status int
		Title  string
	}

	var rows []row
	for _, code := range problem.APICodes() {
		rows = append(rows, row{code, code.Row().Status, code.Row().Title})
	}
	slices.SortFunc(
		rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Code, b.Code)) },
	)
	introduction, _ := problemMeanings(docs.Problems)

	return s.pages.write(
		c, http.StatusOK, "problems.html", map[string]any{"Introduction": introduction, "Problems": rows},
	)
}

// problemMeaning explains a code. The `type` of every problem is the path of this page.
//
//	@Summary		Explain a problem code
//	@Description	An HTML page that explains what a problem code means and what to do.
//	@ID				getProblem
//	@Tags			config
//	@Produce		text/html
//	@Param			code	path		string	true	"the problem code"	example(reconnect_required)
//	@Success		200		{string}	string	"the explanation"
//	@Failure		default	{object}	Problem	"a problem"
//	@x-problem-codes ["not_found"]
//	@Router			/problems/{code} [get]
func (s *Server) problemMeaning(c echo.Context) error {
	code := problem.Code(c.Param("code"))
	if !isAPICode(code) {
		return notFound(c)
	}
	_, meanings := problemMeanings(docs.Problems)

	return s.pages.write(c, http.StatusOK, "problem.html", map[string]any{
		"Code": code, "Status": code.Row().Status, "Title": code.Row().Title, "Paragraphs": meanings[code],
	})
}

// isAPICode reports whether problems of this API can have the code. It is false for unknown codes and for codes that
// only desktop commands use.
func isAPICode(code problem.Code) bool { return code.Known() && code.Row().Status != 0 }
