package fault

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Set holds the rules in force: those that were added, in that order, and after them those of the mode. It is safe for
// concurrent use.
type Set struct {
	mu    sync.Mutex
	seed  uint64
	mode  string
	last  int
	rules []*armed
	usual []*armed
	draws *rand.Rand // of faults that a header asks for
}

// armed is a rule in force. It draws from its own source: what happens at other rules does not move its draws.
type armed struct {
	Rule
	id     string
	left   int // -1: no end
	played int
	draws  *rand.Rand
}

// Standing is a rule in force, and what became of it so far.
type Standing struct {
	ID string `json:"id"`
	Rule
	Left   int `json:"left"` // -1: no end
	Played int `json:"played"`
}

// NewSet makes a set that draws from seed: with the same seed, the same rules added in the same order and the same
// requests in the same order at each of them, the same faults are played. mode is one of the Modes, or empty for none.
func NewSet(seed uint64, mode string) (*Set, error) {
	rules, err := rulesOf(mode)
	if err != nil {
		return nil, err
	}

	s := &Set{seed: seed, mode: mode, draws: rand.New(rand.NewPCG(seed, 0))}
	for n, rule := range rules {
		s.usual = append(s.usual, s.arm(mode+"-"+strconv.Itoa(n+1), uint64(n)+1<<32, rule))
	}

	return s, nil
}

// Seed is what the draws come from.
func (s *Set) Seed() uint64 { return s.seed }

// Mode is what was chosen at the start.
func (s *Set) Mode() string { return s.mode }

func (s *Set) arm(id string, stream uint64, rule Rule) *armed {
	left := rule.Count
	if left == 0 {
		left = 1
	}

	return &armed{Rule: rule, id: id, left: left, draws: rand.New(rand.NewPCG(s.seed, stream))}
}

// Add puts a checked rule in force and returns its id.
func (s *Set) Add(rule Rule) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id := strconv.Itoa(s.last)
	s.rules = append(s.rules, s.arm(id, uint64(s.last), rule))

	return id
}

// Standing lists the rules in force, in the order in which they are tried.
func (s *Set) Standing() []Standing {
	s.mu.Lock()
	defer s.mu.Unlock()

	list := []Standing{}
	for _, rule := range slices.Concat(s.rules, s.usual) {
		list = append(list, Standing{rule.id, rule.Rule, rule.left, rule.played})
	}

	return list
}

// Remove ends one rule, which may be one of the mode's, and tells whether it was there.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules) + len(s.usual)
	named := func(rule *armed) bool { return rule.id == id }
	s.rules, s.usual = slices.DeleteFunc(s.rules, named), slices.DeleteFunc(s.usual, named)

	return len(s.rules)+len(s.usual) < before
}

// Clear ends all rules that were added. Those of the mode stay: the banner stays true.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// play is a fault that must be played on one request.
type play struct {
	Do
	wait time.Duration
}

// asksWhose tells whether a rule for the target is about one account.
func (s *Set) asksWhose(target string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	return slices.ContainsFunc(
		s.rules, func(rule *armed) bool { return rule.Match.Target == target && rule.Match.Email != "" },
	)
}

// take finds the first rule that fits and whose draw wins, and uses it up by one.
func (s *Set) take(target string, r *http.Request, email func() string) (play, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	for _, rule := range slices.Concat(s.rules, s.usual) {
		if !rule.Match.fits(target, r, email) {
			continue
		}
		// Both draws are made for each request, so that the nth request's do not depend on how those before it went.
		chance, wait := rule.draws.Float64(), rule.draws.Float64()
		if rule.Probability != nil && chance >= *rule.Probability {
			continue
		}

		rule.played++
		if rule.left > 0 {
			rule.left--
		}

		if rule.left == 0 {
			s.rules = slices.DeleteFunc(s.rules, func(other *armed) bool { return other == rule })
		}

		return play{rule.Do, rule.Do.delay(wait)}, true
	}

	return play{}, false
}

// asked is the fault that the request itself asks for.
func (s *Set) asked(do Do) play {
	s.mu.Lock()
	defer s.mu.Unlock()
	return play{do, do.delay(s.draws.Float64())}
}
