package api

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/docs"
)

func TestEveryCodeIsExplainedAndNoOther(t *testing.T) {
	explained := slices.Sorted(maps.Keys(problemMeanings(docs.Problems)))
	known := slices.Sorted(maps.Keys(definitions()))
	if diff := cmp.Diff(known, explained); diff != "" {
		t.Errorf("codes (-) against sections of docs/problems.md (+):\n%s", diff)
	}
	for code, paragraphs := range problemMeanings(docs.Problems) {
		if len(paragraphs) == 0 || len(paragraphs[0]) < 40 {
			t.Errorf("%s is hardly explained: %q", code, paragraphs)
		}
	}
}
