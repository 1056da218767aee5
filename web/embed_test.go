package web_test

import (
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"testing"

	"github.com/upstash-connect/bff/web"
)

// mostOfTheScript is what the script for partners' pages may weigh, in bytes as they are sent to a browser that accepts
// Brotli.
const mostOfTheScript = 5 << 10

func TestEmbeddedScriptIsSmallAndTheGuideHasItsHash(t *testing.T) {
	files, err := web.Dist()
	if err != nil {
		t.Fatal(err)
	}

	script, err := fs.ReadFile(files, "embed/v1.js")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the page is not built: make page")
	}

	if err != nil {
		t.Fatal(err)
	}

	if size := sentSize(t, files, "embed/v1.js"); size > mostOfTheScript {
		t.Errorf("the script has %d bytes, want at most %d", size, mostOfTheScript)
	}

	forbidden := regexp.MustCompile(`\beval\(|new Function|innerHTML|document\.write|\.style\b`)
	if found := forbidden.Find(script); found != nil {
		t.Errorf("the script uses %s, which a strict content security policy rejects", found)
	}

	if _, err := fs.Stat(files, "embed/v1.d.ts"); err != nil {
		t.Error(err)
	}

	guide, err := os.ReadFile("../docs/integrate/embed.md")
	if err != nil {
		t.Fatal(err)
	}

	digest := sha512.Sum384(script)
	want := "sha384-" + base64.StdEncoding.EncodeToString(digest[:])

	got := regexp.MustCompile(`sha384-[A-Za-z0-9+/=]+`).FindAllString(string(guide), -1)
	if len(got) != 1 || got[0] != want {
		t.Errorf("docs/integrate/embed.md has %v, want %s", got, want)
	}
}
