package limit

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxCallers limits the callers in a Memory, at about 200 bytes each. An evicted caller starts with a full quota. To
// evict others, an attacker would need this many accounts with a login.
const maxCallers = 50_000

// Memory is a limit with its state in this process, cheap enough for every request. Each server has its own. It is
// safe for concurrent use. It uses monotonic time, so changes of the machine's clock have no effect.
type Memory struct {
	name string
	rate Rate
	// Entries have no expiry: an idle caller is equivalent to a new one, and a busy one must stay.
	callers *lru.Cache[Caller, *rate.Limiter]
}

// NewMemory creates a limit with a name and a rate.
func NewMemory(name string, r Rate) (*Memory, error) {
	callers, err := lru.New[Caller, *rate.Limiter](maxCallers)
	return &Memory{name: name, rate: r, callers: callers}, err
}

// Take consumes one unit of the caller's quota, or returns an *ExceededError.
func (m *Memory) Take(ctx context.Context, caller Caller) error {
	if m.rate.Off() {
		return nil
	}

	limiter, found := m.callers.Get(caller)
	if !found {
		limiter = rate.NewLimiter(rate.Every(m.rate.Every()), m.rate.Count)
		if before, found, _ := m.callers.PeekOrAdd(caller, limiter); found { // added by a concurrent request
			limiter = before
		}
	}
	now := time.Now()
	allowed := limiter.AllowN(now, 1)
	missing := float64(m.rate.Count) - limiter.TokensAt(now)
	ahead := time.Duration(missing * float64(m.rate.Every())).Round(time.Microsecond)

	return evaluate(ctx, m.name, m.rate, ahead, !allowed)
}
