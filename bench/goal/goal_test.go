package goal

import (
	"math"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	most, least := Goal{Bound: 1.5, Stretch: 1}, Goal{Bound: 1500, Stretch: 3000, AtLeast: true}

	for name, tc := range map[string]struct {
		goal  Goal
		value float64
		want  Verdict
	}{
		"below stretch":          {most, 0.9, Stretch},
		"at stretch":             {most, 1, Stretch},
		"at most":                {most, 1.5, Met},
		"over":                   {most, 1.501, NotMet},
		"no stretch":             {Goal{Bound: 25}, 1, Met},
		"enough for the stretch": {least, 3000, Stretch},
		"at least":               {least, 1500, Met},
		"under":                  {least, 1499, NotMet},
		"nothing":                {most, math.NaN(), NotMeasured},
		"divided by nothing":     {least, math.Inf(1), NotMeasured},
	} {
		if got := tc.goal.Judge(tc.value); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

// A round in which everything was twice as slow does not move a paired ratio, as it would one of medians.
func TestPaired(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		of, against []float64
		want        float64
	}{
		"noise that both met": {[]float64{2, 8, 20}, []float64{1, 4, 10}, 2},
		"the middle one":      {[]float64{3, 2, 100}, []float64{1, 1, 1}, 3},
		"an even number":      {[]float64{2, 4}, []float64{1, 1}, 3},
		"one without partner": {[]float64{2, 4, 9}, []float64{1, 1}, 3},
		"nothing to divide":   {[]float64{2}, []float64{0}, math.NaN()},
		"nothing":             {nil, nil, math.NaN()},
	} {
		if got := Paired(tc.of, tc.against); got != tc.want && (!math.IsNaN(got) || !math.IsNaN(tc.want)) {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func TestKeysAreUnique(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for _, g := range All() {
		if seen[g.Key] || g.Key == "" {
			t.Errorf("%q twice", g.Key)
		}
		seen[g.Key] = true

		if g.Stretch != 0 && g.Judge(g.Stretch) != Stretch || g.Judge(g.Bound) != Met {
			t.Errorf("%s: the stretch is easier than the goal", g.Key)
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()

	got, err := Reasons(strings.NewReader("# Reasons\n\nNot this.\n\n## ready\n\nFirst line,\nsecond.\n\n## creates\nOne.\n"))
	if err != nil || len(got) != 2 || got["ready"] != "First line, second." || got["creates"] != "One." {
		t.Errorf("got %q, %v", got, err)
	}

	if _, err := Reasons(strings.NewReader("## redy\nx")); err == nil {
		t.Error("a reason for no goal was taken: it would be lost")
	}
}
