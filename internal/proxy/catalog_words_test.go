package proxy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/upstash-connect/bff/internal/proxy"
)

// The page translates the names of regions and plans by their ids (web/src/shared/catalog/translated.ts), so every
// language has a message for each. The English ones are the catalog's.
func TestThePageHasANameForEveryRegionAndPlan(t *testing.T) {
	want := map[string]string{}
	for _, region := range proxy.FullCatalog().Regions {
		want["catalog_region_"+strings.ReplaceAll(region.ID, "-", "_")] = region.Label
	}

	for _, plan := range proxy.FullCatalog().Plans {
		want["catalog_plan_"+plan.ID] = plan.Label
	}

	words, err := os.ReadFile("../../web/src/shared/catalog/translated.ts")
	if err != nil {
		t.Fatal(err)
	}

	catalogues, err := filepath.Glob("../../web/messages/*/catalog.json")
	if err != nil || len(catalogues) < 2 {
		t.Fatalf("got %q and %v", catalogues, err)
	}

	for _, path := range catalogues {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}

		var messages map[string]string
		if err := json.Unmarshal(content, &messages); err != nil {
			t.Fatal(err)
		}

		english := filepath.Base(filepath.Dir(path)) == "en"

		for key, label := range want {
			if messages[key] == "" || english && messages[key] != label {
				t.Errorf("%s: got %s = %q; the catalog's name is %q", path, key, messages[key], label)
			}

			if !strings.Contains(string(words), "m."+key+",") {
				t.Errorf("translated.ts does not use %s", key)
			}
		}
	}
}
