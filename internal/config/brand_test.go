package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every fault of the brand is reported in one run, in a sentence with the way on.
func TestFaultsOfTheBrand(t *testing.T) {
	directory := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}

		return path
	}

	const svg = `<svg xmlns="http://www.w3.org/2000/svg" `
	hostile := write("hostile.svg", svg+`viewBox="0 0 8 8"><script/></svg>`)
	wide := write("wide.svg", svg+`viewBox="0 0 80 8"/>`)
	missing := filepath.Join(directory, "none.svg")

	_, err := Load(nil, []string{
		"BFF_BRAND_LOGO_FILE=" + hostile, "BFF_BRAND_LOGO_DARK_FILE=" + missing, "BFF_BRAND_FAVICON_FILE=" + wide,
		"BFF_BRAND_COLOR=#ffd400", "BFF_BRAND_LINKS=product=https://acme.example,terms=https://acme.example/terms",
	})

	invalid, ok := err.(*InvalidError) //nolint:errorlint // Load returns it as it is
	if !ok {
		t.Fatalf("got %v", err)
	}

	for _, want := range []string{
		"BFF_BRAND_LOGO_FILE names an SVG file with the element script; pictures may have only shapes, text and gradients, " +
			`so export it as a plain SVG or a PNG; found "` + hostile + `"`,
		`BFF_BRAND_LOGO_DARK_FILE cannot be read: no such file or directory; found "` + missing + `"`,
		`BFF_BRAND_FAVICON_FILE names a picture that is not square; browser tabs show it in a square; found "` + wide + `"`,
		"BFF_BRAND_COLOR is hard to read: its contrast on the light theme is 1.21:1, and level AA requires " +
			`4.5:1; the nearest colour that passes is #806900; found "#ffd400"`,
		"BFF_BRAND_LINKS must be a list such as product=https://acme.example,support=https://acme.example/help," +
			`privacy=https://acme.example/privacy; found "terms"`,
	} {
		if !slices.Contains(invalid.Errors, want) {
			t.Errorf("got %s\nwant %s", strings.Join(invalid.Errors, "\n"), want)
		}
	}

	_, err = Load(nil, []string{"BFF_BRAND_LOGO_DARK_FILE=testdata/logo.svg"})
	if err == nil || !strings.Contains(err.Error(), "BFF_BRAND_LOGO_FILE is required with BFF_BRAND_LOGO_DARK_FILE") {
		t.Errorf("a dark logo alone: got %v", err)
	}

	if _, err = LoadOnly(nil, []string{"BFF_BRAND_LOGO_FILE=" + directory}, "BRAND_LOGO_FILE"); err == nil {
		t.Error("a directory is accepted as a logo")
	}
}

func TestBrandIsRead(t *testing.T) {
	c, err := LoadOnly(nil, []string{
		"BFF_BRAND_LOGO_FILE=testdata/logo.svg", "BFF_BRAND_COLOR=#1D4ED8", "BFF_BRAND_LINKS=support=mailto:help@acme.example",
	}, "BRAND_LOGO_FILE", "BRAND_COLOR", "BRAND_LINKS")
	if err != nil {
		t.Fatal(err)
	}

	if c.Brand.Logo == nil || c.Brand.Favicon != nil || c.Brand.Colour.String() != "#1d4ed8" ||
		c.Brand.Links.Support != "mailto:help@acme.example" {
		t.Errorf("got %+v", c.Brand)
	}
}
