package stage_test

import (
	"bytes"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/upstash-connect/bff/bench/stage"
)

func profiled(t *testing.T, stacks map[int64][]string) []byte {
	t.Helper()

	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	id := uint64(0)

	for value, stack := range stacks {
		sample := &profile.Sample{Value: []int64{value}}
		for _, name := range stack {
			id++
			function := &profile.Function{ID: id, Name: name}
			location := &profile.Location{ID: id, Line: []profile.Line{{Function: function}}}
			p.Function, p.Location = append(p.Function, function), append(p.Location, location)
			sample.Location = append(sample.Location, location)
		}
		p.Sample = append(p.Sample, sample)
	}

	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}

	return out.Bytes()
}

func TestASampleBelongsToTheInnermostStage(t *testing.T) {
	const product = "github.com/upstash-connect/bff/"

	got, err := stage.Of(profiled(t, map[int64][]string{
		600: {"runtime.mallocgc", product + "internal/upstash.x", product + "internal/upstash.readAnswer", product + "api.(*Server).listDatabases"},
		300: {"syscall.write", "net/http.(*conn).serve"},
		100: {"main.main"},
	}))
	if err != nil {
		t.Fatal(err)
	}

	want := []stage.Share{
		{Name: "Upstash's response: one pass to the allow-list", Of: 0.6},
		{Name: "HTTP with the caller", Of: 0.3},
		{Name: "everything else", Of: 0.1},
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}

	for n := range want {
		if got[n] != want[n] {
			t.Errorf("got %v, want %v", got[n], want[n])
		}
	}
}

func TestAnIdleServerHasNoStages(t *testing.T) {
	if _, err := stage.Of(profiled(t, nil)); err == nil {
		t.Error("a profile without samples was read")
	}

	if _, err := stage.Of([]byte("<html>")); err == nil {
		t.Error("what is no profile was read")
	}
}
