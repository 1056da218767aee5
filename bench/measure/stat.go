// Package measure reads the kernel's CPU time and memory of a process and its descendants.
package measure

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc/PID/stat: USER_HZ is 100 on every architecture that Go runs on (proc(5)).
const tick = 10 * time.Millisecond

// Stat is the part of /proc/PID/stat that we use.
type Stat struct {
	Parent int
	CPU    time.Duration // user and system, with that of children that have ended and were waited for
}

var errStat = errors.New("not a line of /proc/PID/stat")

// ParseStat reads a line of /proc/PID/stat. The name of the program is in parentheses and may itself contain spaces
// and parentheses, so fields are counted from the last one.
func ParseStat(line string) (Stat, error) {
	end := strings.LastIndexByte(line, ')')
	if end < 0 {
		return Stat{}, errStat
	}

	fields := strings.Fields(line[end+1:]) // from field 3, state
	if len(fields) < 15 {
		return Stat{}, errStat
	}

	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return Stat{}, errStat
	}

	var ticks int64
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return Stat{}, errStat
		}
		ticks += n
	}

	return Stat{Parent: parent, CPU: time.Duration(ticks) * tick}, nil
}

// processes reads the stat of every process that runs. One that ends meanwhile is left out.
func processes() (map[int]Stat, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}

	found := map[int]Stat{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}

		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}

		if stat, err := ParseStat(string(line)); err == nil {
			found[pid] = stat
		}
	}

	return found, nil
}

// Tree lists root and everything under it that runs.
func Tree(root int) ([]int, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}

	return under(all, root), nil
}

func under(all map[int]Stat, root int) []int {
	if _, runs := all[root]; !runs {
		return nil
	}

	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		for pid, stat := range all {
			if stat.Parent == tree[i] && pid != tree[i] {
				tree = append(tree, pid)
			}
		}
	}

	return tree
}

// CPU is the time that the processes under the roots have used since they started, including those that have ended.
func CPU(roots ...int) (time.Duration, error) {
	all, err := processes()
	if err != nil {
		return 0, err
	}

	var used time.Duration
	for _, root := range roots {
		tree := under(all, root)
		if len(tree) == 0 {
			return 0, fmt.Errorf("process %d has ended", root)
		}

		for _, pid := range tree {
			used += all[pid].CPU
		}
	}

	return used, nil
}

// Memory is what a process and those under it hold, in bytes.
type Memory struct {
	RSS int64 // each process alone: pages that several share count for each
	PSS int64 // shared pages are divided among those that share them
}

// MemoryOf adds up the memory of root and everything under it.
func MemoryOf(root int) (Memory, error) {
	tree, err := Tree(root)
	if err != nil {
		return Memory{}, err
	}

	var sum Memory
	for _, pid := range tree {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended
		}
		sum.RSS += rollup(string(text), "Rss:")
		sum.PSS += rollup(string(text), "Pss:")
	}

	return sum, nil
}

// rollup finds a line such as "Rss:  1234 kB".
func rollup(text, name string) int64 {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == name {
			kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10
		}
	}

	return 0
}
