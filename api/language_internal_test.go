package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/locale"
)

func TestLanguageOfThePage(t *testing.T) {
	german := strings.Replace(builtDocument, "<body>", "<body class=de>", 1)
	both := fstest.MapFS{"index.html": {Data: []byte(builtDocument)}, "index.de.html": {Data: []byte(german)}}
	english := fstest.MapFS{"index.html": both["index.html"]}

	for name, row := range map[string]struct {
		files         fstest.MapFS
		fixed, header string
		want          string
	}{
		"without a header":             {both, "", "", "en"},
		"German preferred":             {both, "", "de-CH,de;q=0.9,en;q=0.8", "de"},
		"English preferred":            {both, "", "en-GB,en;q=0.9,de;q=0.8", "en"},
		"by quality, not by position":  {both, "", "en;q=0.3, de;q=0.7", "de"},
		"another language, then ours":  {both, "", "fr-FR,fr;q=0.9,de;q=0.2", "de"},
		"another language":             {both, "", "ja", "en"},
		"anything":                     {both, "", "*", "en"},
		"an invalid header":            {both, "", "de;q=x,,;;", "en"},
		"a huge header":                {both, "", "de," + strings.Repeat("en-GB;q=0.1,", 5000), "en"},
		"configured":                   {both, "de", "en", "de"},
		"a language that is not built": {english, "", "de", "en"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := newSinglePage(row.files, neutralLook(), locale.NewChoice(row.fixed))
			if err != nil {
				t.Fatal(err)
			}
			e := echo.New()
			e.GET("/*", page.document)

			request := httptest.NewRequest(http.MethodGet, "/", nil)
			request.Header.Set("Accept-Language", row.header)
			got := httptest.NewRecorder()
			e.ServeHTTP(got, request)

			if got.Code != http.StatusOK || got.Header().Get("Content-Language") != row.want ||
				!slices.Contains(got.Header().Values("Vary"), "Accept-Language") {
				t.Errorf("got %d, %v; want %s", got.Code, got.Header(), row.want)
			}

			if contains := strings.Contains(got.Body.String(), "class=de"); contains != (row.want == "de") {
				t.Errorf("got %s, want the document in %s", got.Body, row.want)
			}

			if !strings.Contains(got.Body.String(), frameTexts()[row.want].NeedsJavaScript) {
				t.Errorf("got %s, want the frame in %s", got.Body, row.want)
			}
		})
	}
}

// A person who uses a wrong address reads what to do in their language.
func TestLanguageOfTheServersOwnPages(t *testing.T) {
	pages, err := newHTMLPages(neutralLook())
	if err != nil {
		t.Fatal(err)
	}

	s := &Server{
		origin: "https://connect.example", pages: pages, page: &singlePage{language: locale.NewChoice("")},
	}

	for header, want := range map[string][]string{
		"en": {`<html lang="en">`, "Wrong host for this server", "Open it here:", `href="https://connect.example/"`},
		"de": {`<html lang="de">`, "Falsche Adresse", "Öffnen Sie ihn hier:", `href="https://connect.example/"`},
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Accept-Language", header)
		request = request.WithContext(&call{Context: t.Context()})
		got := httptest.NewRecorder()
		c := echo.New().NewContext(request, got)

		if err := s.misdirected(c); err != nil {
			t.Fatal(err)
		}

		for _, text := range want {
			if !strings.Contains(got.Body.String(), text) {
				t.Errorf("%s: got %s, want %q", header, got.Body, text)
			}
		}

		if got.Header().Get("Content-Language") != header || got.Header().Get("Vary") != "Accept-Language" {
			t.Errorf("%s: got %v", header, got.Header())
		}
	}
}

// The frame in the document and the frame of the script must not differ: the user would see the text change.
func TestFrameHasTheTextsOfThePage(t *testing.T) {
	for _, language := range locale.Languages() {
		content, err := os.ReadFile(filepath.Join("..", "web", "messages", language, "app.json"))
		if err != nil {
			t.Fatal(err)
		}

		var messages map[string]any
		if err := json.Unmarshal(content, &messages); err != nil {
			t.Fatal(err)
		}
		var texts []string

		for _, message := range messages {
			if text, ok := message.(string); ok {
				texts = append(texts, text)
			}
		}
		frame := frameTexts()[language]

		for _, text := range []string{frame.Ribbon, frame.Support, frame.Privacy, frame.APIReference} {
			if !slices.Contains(texts, text) {
				t.Errorf("%s: no message of the page is %q", language, text)
			}
		}
	}
}
