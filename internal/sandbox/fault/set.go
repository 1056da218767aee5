package fault

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// Set holds the rules in force, in the order they were added. It is safe for
// concurrent use.
type Set struct {
	mu    sync.Mutex
	last  int
	rules []*armed
}

type armed struct {
	Rule
	left int // -1: no end
}

// Add puts a checked rule in force and returns its id.
func (s *Set) Add(rule Rule) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	left := rule.Count
	if left == 0 {
		left = 1
	}
	s.rules = append(s.rules, &armed{rule, left})
	return strconv.Itoa(s.last)
}

// Clear ends all rules.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// take finds the first rule that fits and uses it up by one.
func (s *Set) take(target string, r *http.Request, email func() string) (Do, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, rule := range s.rules {
		if !rule.Match.fits(target, r, email) {
			continue
		}
		if rule.left > 0 {
			rule.left--
		}
		if rule.left == 0 {
			s.rules = slices.Delete(s.rules, i, i+1)
		}
		return rule.Do, true
	}
	return Do{}, false
}
