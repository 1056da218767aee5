package api

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/docs"
	"github.com/upstash-connect/bff/internal/problem"
)

func TestExactlyTheKnownCodesAreExplained(t *testing.T) {
	introduction, meanings := problemMeanings(docs.Problems)
	explained := slices.Sorted(maps.Keys(meanings))

	known := slices.Sorted(slices.Values(problem.APICodes()))
	if diff := cmp.Diff(known, explained); diff != "" {
		t.Errorf("codes (-) against sections of docs/integrate/problems.md (+):\n%s", diff)
	}

	for code, blocks := range meanings {
		if len(blocks) == 0 || len(plain(blocks[0].Text)) < 40 {
			t.Errorf("%s is hardly explained: %v", code, blocks)
		}
	}

	if len(introduction) == 0 || !strings.HasPrefix(plain(introduction[0].Text), "Every error") {
		t.Errorf("got introduction %v", introduction)
	}
}

func plain(spans paragraph) string {
	var text strings.Builder
	for _, span := range spans {
		text.WriteString(span.Text)
	}

	return text.String()
}

func TestCodeSpansLinkToThePagesTheyName(t *testing.T) {
	got := blocks("See `not_allowed`, `Retry-After`\nand `/api/v1/docs`.\n\n`internal`")

	want := []block{
		{Text: paragraph{
			{Text: "See "},
			{Text: "not_allowed", Code: true, Link: "/api/v1/problems/not_allowed"},
			{Text: ", "},
			{Text: "Retry-After", Code: true},
			{Text: " and "},
			{Text: "/api/v1/docs", Code: true, Link: "/api/v1/docs"},
			{Text: "."},
		}},
		{Text: paragraph{{Text: "internal", Code: true, Link: "/api/v1/problems/internal"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestListsBecomeItems(t *testing.T) {
	list := block{Items: []paragraph{
		{{Text: "requests", Code: true}, {Text: ": calls of this API"}},
		{{Text: "a second"}},
	}}
	after := block{Text: paragraph{{Text: "After - not an item."}}}
	want := []block{{Text: paragraph{{Text: "Before:"}}}, list, after}

	const items = "- `requests`: calls\n  of this API\n- a second\n\nAfter - not an item."
	for name, text := range map[string]string{
		"after an empty line":  "Before:\n\n" + items,
		"right after its text": "Before:\n" + items,
	} {
		if diff := cmp.Diff(want, blocks(text)); diff != "" {
			t.Errorf("a list %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestThePageOfRateLimitedListsTheLimits(t *testing.T) {
	pages, err := newHTMLPages(neutralLook())
	if err != nil {
		t.Fatal(err)
	}

	e := echo.New()
	recorder := httptest.NewRecorder()
	c := e.NewContext(httptest.NewRequest(http.MethodGet, "/", nil), recorder)
	c.SetParamNames("code")
	c.SetParamValues("rate_limited")

	if err := (&Server{pages: pages}).problemMeaning(c); err != nil {
		t.Fatal(err)
	}

	var items []string
	for _, match := range regexp.MustCompile(`<li><code>(\w+)</code>`).FindAllStringSubmatch(recorder.Body.String(), -1) {
		items = append(items, match[1])
	}
	want := []string{"requests", "service_requests", "creates", "mints", "connect_sessions", "pings", "upstash"}

	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

// Browsers send text/html when they open an address; API clients do not.
func TestAcceptsHTML(t *testing.T) {
	for accept, want := range map[string]bool{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"application/json, text/html;q=0.5":                               true,
		"TEXT/HTML ; charset=utf-8":                                       true,
		"*/*":                                                             false,
		"text/*":                                                          false,
		"":                                                                false,
		"application/json":                                                false,
		"text/html;q=0":                                                   false,
		"text/html; level=1; Q=0":                                         false,
		"text/html;q=nonsense":                                            false,
		"text/htmlx":                                                      false,
	} {
		if got := acceptsHTML([]string{accept}); got != want {
			t.Errorf("%q: got %v, want %v", accept, got, want)
		}
	}
}

// The pages must use the same colours as the app.
func TestPagesUseTheAppsColours(t *testing.T) {
	theirs := colours(t, "../web/src/shared/styles/tokens.css")
	for name, value := range colours(t, "pages/style.css") {
		if theirs[name] != value {
			t.Errorf("%s: got %v (light, dark), want the app's %v", name, value, theirs[name])
		}
	}
}

func colours(t *testing.T, file string) map[string][2]string {
	t.Helper()

	style, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	light, dark, found := strings.Cut(string(style), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatalf("%s has no dark theme", file)
	}

	both := map[string][2]string{}
	for theme, text := range []string{light, dark} {
		for _, match := range regexp.MustCompile(`(--[\w-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			pair := both[match[1]]
			pair[theme] = match[2]
			both[match[1]] = pair
		}
	}

	if len(both) == 0 {
		t.Fatalf("%s has no colours", file)
	}

	return both
}
