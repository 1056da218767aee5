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

// block is one paragraph, or a list when it has items.
type block struct {
	Text  paragraph
	Items []paragraph
}

// paragraph is text, split into its code spans and the words between them.
type paragraph []span

// span is a piece of a paragraph. Code is set in a monospaced face. Link is the path of the page it names, or empty.
type span struct {
	Text, Link string
	Code       bool
}

// problemMeanings parses docs/integrate/problems.md: the text before the first section, and the text of each code.
func problemMeanings(page string) (introduction []block, meanings map[problem.Code][]block) {
	sections := strings.Split(page, "\n## ")
	_, text, _ := strings.Cut(sections[0], "\n") // its title
	introduction = blocks(text)

	meanings = map[problem.Code][]block{}
	for _, section := range sections[1:] {
		code, text, _ := strings.Cut(section, "\n")
		meanings[problem.Code(code)] = blocks(text)
	}

	return introduction, meanings
}

// blocks parses the Markdown that problems.md uses: paragraphs, code spans and lists marked with "- ". A list may
// follow its paragraph without an empty line, as in CommonMark.
func blocks(text string) []block {
	var all []block
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		before, items := splitList(part)
		if before != "" {
			all = append(all, block{Text: spans(before)})
		}

		var list block
		for _, item := range items {
			list.Items = append(list.Items, spans(item))
		}

		if len(items) > 0 {
			all = append(all, list)
		}
	}

	return all
}

// splitList returns the text before the first list item, and the items. A line without a marker continues its item.
func splitList(part string) (before string, items []string) {
	var lines []string
	for line := range strings.SplitSeq(part, "\n") {
		if item, found := strings.CutPrefix(line, "- "); found {
			items = append(items, item)

			continue
		}

		if len(items) > 0 {
			items[len(items)-1] += " " + strings.TrimSpace(line)

			continue
		}

		lines = append(lines, line)
	}

	return strings.Join(lines, " "), items
}

func spans(text string) paragraph {
	var all paragraph
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			all = append(all, span{Text: piece, Code: i%2 == 1, Link: linkOf(piece, i%2 == 1)})
		}
	}

	return all
}

// linkOf returns the path of the page that a code span names: the page of another code, or a document of the API.
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
	introduction, _ := problemMeanings(docs.Problems)

	return s.pages.write(c, http.StatusOK, "problems.html", map[string]any{
		"Introduction": introduction, "Groups": problemGroups(),
	})
}

// problemGroup has the problems for which a caller does the same kind of thing.
type problemGroup struct {
	ID, Title string
	Problems  []problemRow
}

type problemRow struct {
	Code   problem.Code
	Status int
	Title  string
}

// problemGroups sorts the codes into groups by their status.
func problemGroups() []problemGroup {
	groups := []problemGroup{
		{ID: "login", Title: "Log in, or ask for permission"},
		{ID: "request", Title: "Correct the request"},
		{ID: "state", Title: "Something must happen first"},
		{ID: "limit", Title: "Wait for a limit"},
		{ID: "server", Title: "Upstash or this server failed"},
	}
	at := func(status int) int {
		switch {
		case status == http.StatusUnauthorized, status == http.StatusForbidden:
			return 0
		case status == http.StatusConflict, status == http.StatusGone:
			return 2
		case status == http.StatusTooManyRequests:
			return 3
		case status >= http.StatusInternalServerError:
			return 4
		default:
			return 1
		}
	}

	for _, code := range problem.APICodes() {
		group := &groups[at(code.Row().Status)]
		group.Problems = append(group.Problems, problemRow{code, code.Row().Status, code.Row().Title})
	}

	for _, group := range groups {
		slices.SortFunc(group.Problems, func(a, b problemRow) int {
			return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Code, b.Code))
		})
	}

	return groups
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
		"Code": code, "Status": code.Row().Status, "Title": code.Row().Title, "Blocks": meanings[code],
	})
}

// isAPICode reports whether a problem of this API can have the code. Unknown codes and those of desktop commands
// cannot.
func isAPICode(code problem.Code) bool { return code.Known() && code.Row().Status != 0 }
