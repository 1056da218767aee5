package journal

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Filter selects entries. An empty member matches every entry, except for Targets.
type Filter struct {
	Targets []string
	Since   time.Time // later than this
	Account string
	Method  string
	Path    string // a prefix
	// MinStatus and MaxStatus are inclusive; 0 and 0 match all.
	MinStatus, MaxStatus int
	Last                 int // at most this many, the newest
}

func (f Filter) fits(e *Entry) bool {
	return slices.Contains(f.Targets, e.Target) && e.At.After(f.Since) &&
		(f.Account == "" || strings.EqualFold(f.Account, e.Account)) &&
		(f.Method == "" || strings.EqualFold(f.Method, e.Method)) &&
		strings.HasPrefix(e.Path, f.Path) &&
		(f.MaxStatus == 0 || (f.MinStatus <= e.Status && e.Status <= f.MaxStatus))
}

// Read returns the matching entries in order of arrival.
func (j *Journal) Read(filter Filter) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()

	found := []Entry{}
	for _, target := range filter.Targets {
		for _, entry := range j.lists[target] {
			if filter.fits(&entry.Entry) {
				found = append(found, entry.Entry)
			}
		}
	}
	slices.SortFunc(found, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })

	if filter.Last > 0 && len(found) > filter.Last {
		found = found[len(found)-filter.Last:]
	}

	return found
}

// Change is an entry as it was after the change with this number.
type Change struct {
	Number uint64
	Entry  Entry
}

// maxChanges limits what one call of Changes returns.
const maxChanges = 500

// Changes returns the matching entries that have changed since the change with that number. Each appears once, in its
// current state. next is the number to continue from. If one call cannot return all changes, the oldest come first.
// The channel closes at the next change.
func (j *Journal) Changes(filter Filter, since uint64) (changes []Change, next uint64, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()

	for _, target := range filter.Targets {
		for _, entry := range j.lists[target] {
			if entry.change > since && filter.fits(&entry.Entry) {
				changes = append(changes, Change{entry.change, entry.Entry})
			}
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Number, b.Number) })

	next = j.changes
	if len(changes) > maxChanges {
		changes = changes[:maxChanges]
		next = changes[maxChanges-1].Number
	}

	return changes, next, j.changed
}

// Position returns the change number from which a new reader starts, so that it first receives the filter's Last
// entries. Without Last, that is the current change.
func (j *Journal) Position(filter Filter) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()

	var numbers []uint64
	for _, target := range filter.Targets {
		for _, entry := range j.lists[target] {
			if filter.fits(&entry.Entry) {
				numbers = append(numbers, entry.change)
			}
		}
	}

	if len(numbers) == 0 || filter.Last == 0 {
		return j.changes
	}
	slices.Sort(numbers)

	return numbers[max(0, len(numbers)-filter.Last)] - 1
}
