package main

import (
	"math"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/bench/goal"
)

// Every goal is looked for where the run puts its figures: a key that nobody knows would never be measured.
func TestEveryGoalHasAValue(t *testing.T) {
	t.Parallel()

	b := fullBench(t)
	for _, g := range goal.All() {
		if value := b.value(g.Key); math.IsNaN(value) {
			t.Errorf("%s has no value", g.Key)
		}
	}

	if value := fullBench(t).value("nothing"); !math.IsNaN(value) {
		t.Errorf("no goal: got %v", value)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()

	for value, want := range map[float64]string{
		0.1234: "0.12", 9.876: "9.88", 98.76: "98.8", 987.6: "988", 36_700.4: "36,700", 1_234_567: "1,234,567",
	} {
		if got := number(value); got != want {
			t.Errorf("%v: got %s, want %s", value, got, want)
		}
	}
}

func TestParseReads(t *testing.T) {
	t.Parallel()

	before := reads{all: 10, upstream: 10}

	after, err := parseReads(strings.NewReader(`# HELP bff_list_reads_total Lists
bff_list_reads_total{from="joined"} 5
bff_list_reads_total{from="memory"} 1.5e+1
bff_list_reads_total{from="upstream"} 15
other_total{from="upstream"} 99
`))
	if err != nil || after.all != 35 || after.upstream != 15 {
		t.Fatalf("got %+v, %v", after, err)
	}

	if got := after.share(before); got != 0.8 {
		t.Errorf("got a share of %v, want 0.8", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()

	for name, args := range map[string][]string{
		"no scenario": {"-only", "lists"}, "no build": {"-product", "x=/nowhere"}, "no time": {"-seconds", "0.01"},
		"a word": {"full"},
	} {
		args = append([]string{"-product", "a=series_test.go"}, args...)
		if o, err := parseOptions(args, discard{}); err == nil {
			t.Errorf("%s: got %+v, want an error", name, o)
		}
	}

	o, err := parseOptions([]string{"-full", "-product", "before=series.go", "-product", "after=main.go"}, discard{})
	if err != nil || o.judged() != "after" || o.rounds != 4 || o.out != "./bench/RESULTS.md" {
		t.Errorf("got %+v, %v", o, err)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
