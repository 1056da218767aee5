package limit

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxCallers bounds the memory of a Memory, at some 200 bytes each. One that falls out starts anew; to push another
// out, an attacker needs so many accounts, each logged in.
const maxCallers = 50_000

// Memory is a limit that is kept in this process: cheap enough for every request. With several servers each keeps its
// own. It is safe for concurrent use. Its time is monotonic: setting the machine's clock changes nothing.
type Memory struct {
	name string
	rate Rate
	// entries end by falling out: an idle one is as good as a new one, a busy one must stay
	callers *lru.Cache[Caller, *rate.Limiter]
}

// NewMemory makes a limit of this name and rate.
func NewMemory(name string, r Rate) (*Memory, error) {
	callers, err := lru.New[Caller, *rate.Limiter](maxCallers)
	return &Memory{name: name, rate: r, callers: callers}, err
}

// Take charges the caller one unit, or returns an *ExceededError.
func (m *Memory) Take(ctx context.Context, caller Caller) error {
	if m.rate.Off() {
		return nil
	}

	limiter, found := m.callers.Get(caller)
	if !found {
		limiter = rate.NewLimiter(rate.Every(m.rate.Every()), m.rate.Count)
		if before, found, _ := m.callers.PeekOrAdd(caller, limiter); found { // another request of the caller came first
			limiter = before
		}
	}
	now := time.Now()
	allowed := limiter.AllowN(now, 1)
	missing := float64(m.rate.Count) - limiter.TokensAt(now)
	ahead := time.Duration(missing * float64(m.rate.Every())).Round(time.Microsecond)

	return judge(ctx, m.name, m.rate, ahead, !allowed)
}
