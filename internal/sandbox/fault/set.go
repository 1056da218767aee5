package fault

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Set holds the active rules: first those that were added, in that order, then those of the mode. It is safe for
// concurrent use.
type Set struct {
	mu    sync.Mutex
	seed  uint64
	mode  string
	last  int
	rules []*armed
	usual []*armed
	draws *rand.Rand // for faults that a header requests
}

// armed is an active rule. Each draws from its own source, so that other rules do not affect its draws.
type armed struct {
	Rule
	id     string
	left   int // -1: unlimited
	played int
	draws  *rand.Rand
}

// ActiveRule is an active rule and its counts so far.
type ActiveRule struct {
	ID string `json:"id"`
	Rule
	Left   int `json:"left"` // -1: unlimited
	Played int `json:"played"`
}

// NewSet makes a set that draws from seed. The same seed, rules in the same order and requests in the same order
// produce the same faults. mode is one of the Modes, or empty for none.
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

// Seed returns the seed of the draws.
func (s *Set) Seed() uint64 { return s.seed }

// Mode returns the mode chosen at the start.
func (s *Set) Mode() string { return s.mode }

func (s *Set) arm(id string, stream uint64, rule Rule) *armed {
	left := rule.Count
	if left == 0 {
		left = 1
	}

	return &armed{Rule: rule, id: id, left: left, draws: rand.New(rand.NewPCG(s.seed, stream))}
}

// Add activates a checked rule and returns its id.
func (s *Set) Add(rule Rule) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id := strconv.Itoa(s.last)
	s.rules = append(s.rules, s.arm(id, uint64(s.last), rule))

	return id
}

// Active lists the active rules in the order in which they are tried.
func (s *Set) Active() []ActiveRule {
	s.mu.Lock()
	defer s.mu.Unlock()

	list := []ActiveRule{}
	for _, rule := range slices.Concat(s.rules, s.usual) {
		list = append(list, ActiveRule{rule.id, rule.Rule, rule.left, rule.played})
	}

	return list
}

// Remove removes one rule, which may belong to the mode, and reports whether it existed.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules) + len(s.usual)
	named := func(rule *armed) bool { return rule.id == id }
	s.rules, s.usual = slices.DeleteFunc(s.rules, named), slices.DeleteFunc(s.usual, named)

	return len(s.rules)+len(s.usual) < before
}

// Clear removes all rules that were added. The mode's rules stay, so that the banner stays true.
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

// selectsAccounts reports whether a rule for the target selects an account.
func (s *Set) selectsAccounts(target string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	return slices.ContainsFunc(
		s.rules, func(rule *armed) bool { return rule.Match.Target == target && rule.Match.Email != "" },
	)
}

// choose finds the first matching rule that wins its draw, and decrements its count.
func (s *Set) choose(target string, r *http.Request, email func() string) (play, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	for _, rule := range slices.Concat(s.rules, s.usual) {
		if !rule.Match.fits(target, r, email) {
			continue
		}
		// Both draws happen for each request, so that the nth request's do not depend on the earlier results.
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

// requested returns the fault that a request names in its header.
func (s *Set) requested(do Do) play {
	s.mu.Lock()
	defer s.mu.Unlock()
	return play{do, do.delay(s.draws.Float64())}
}
