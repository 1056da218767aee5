package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestNativePageShowsTheExamplesAsTheyAre: another test runs the examples. The code on the page must be copied from
// them.
func TestNativePageShowsTheExamplesAsTheyAre(t *testing.T) {
	page, err := os.ReadFile("integrate/native.md")
	if err != nil {
		t.Fatal(err)
	}

	for language, path := range map[string]string{"go": "../examples/native-go/main.go", "js": "../examples/native-electron/connect.mjs"} {
		example, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}

		shown := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1)
		if len(shown) != 1 {
			t.Fatalf("the page has %d blocks of %s, want 1", len(shown), language)
		}

		if len(shown[0][1]) < 200 || !strings.Contains(string(example), shown[0][1]) {
			t.Errorf("the block on the page is not in %s:\n%s", path, shown[0][1])
		}
	}
}
