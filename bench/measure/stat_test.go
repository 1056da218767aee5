package measure

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()

	const after = " S 41 4242 4242 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 9 0 100 200 300"
	for name, line := range map[string]string{
		"usual":               "4242 (bff)" + after,
		"a space in the name": "4242 (nginx: worker)" + after,
		"parentheses in it":   "4242 (a) S 1 (b)" + after,
	} {
		got, err := ParseStat(line)
		if want := (Stat{Parent: 41, CPU: 2100 * time.Millisecond}); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
	}

	for name, line := range map[string]string{
		"empty": "", "no name": "4242 bff S 41", "cut": "4242 (bff) S 41 4242 4242 0 -1 4194560 1 2 3 4 150 50 7",
		"no number": "4242 (bff) S 41 4242 4242 0 -1 4194560 1 2 3 4 x 50 7 3 20", "empty parent": "4242 (bff) S x" + after,
	} {
		if got, err := ParseStat(line); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

// The CPU of a child counts while it runs, and when it has ended and was waited for.
func TestCPUHoldsChildren(t *testing.T) {
	t.Parallel()

	const script = `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done`
	// the shell forks for what is in parentheses, and waits for it; then it waits for us
	command := exec.CommandContext(t.Context(), "sh", "-c", "("+script+"); echo; read -r _")

	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}

	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	if _, err := output.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}

	used, err := CPU(command.Process.Pid)
	if err != nil || used == 0 {
		t.Errorf("got %s, %v, want what the child has used", used, err)
	}

	if memory, err := MemoryOf(command.Process.Pid); err != nil || memory.RSS == 0 || memory.PSS > memory.RSS {
		t.Errorf("got %+v, %v", memory, err)
	}
	_ = input.Close()
	_ = command.Wait()

	if _, err := CPU(command.Process.Pid); err == nil {
		t.Error("a process that has ended has CPU time")
	}
}

func TestTreeHoldsGrandchildren(t *testing.T) {
	t.Parallel()

	all := map[int]Stat{1: {}, 10: {Parent: 1}, 11: {Parent: 10}, 12: {Parent: 11}, 13: {Parent: 1}}
	got := under(all, 10)
	slices.Sort(got)

	if !slices.Equal(got, []int{10, 11, 12}) {
		t.Errorf("got %v", got)
	}

	if tree, err := Tree(os.Getpid()); err != nil || !slices.Contains(tree, os.Getpid()) {
		t.Errorf("our own: got %v, %v", tree, err)
	}
}
