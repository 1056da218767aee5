package proxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/dataplane"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Pinger sends PING to a database. Errors are those of dataplane.Client.
type Pinger interface {
	Ping(ctx context.Context, endpoint string, token secret.Text) (time.Duration, error)
}

// Ping is the outcome of a ping.
type Ping struct {
	Reachable bool          // the database answered, and accepted its token
	Latency   time.Duration // from this server to the database and back; only if reachable
	Reason    string        // why it is not reachable: one of PingReasons
}

// The reasons for which a ping is not sent: Upstash reports that clients cannot connect.
const (
	reasonSuspended = "suspended"
	reasonNotActive = "not_active"
)

// PingReasons lists the values of Ping.Reason.
func PingReasons() []string {
	reasons := []string{reasonSuspended, reasonNotActive}
	for _, reason := range dataplane.Reasons() {
		reasons = append(reasons, string(reason))
	}

	return reasons
}

// maxPings limits the pings of one account in progress. Each may keep a connection open for dataplane.PingTimeout.
const maxPings = 4

// pingsInProgress counts them.
type pingsInProgress struct {
	mu        sync.Mutex
	ofAccount map[keys.Account]int
}

// begin counts a ping, unless the account has maxPings already. end must be called once.
func (p *pingsInProgress) begin(account keys.Account) (end func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.ofAccount[account] >= maxPings {
		return nil, &problem.Error{
			Code: problem.RateLimited, Limit: "pings", RetryAfter: dataplane.PingTimeout,
			Reason: "too many pings of this account are in progress",
			Detail: fmt.Sprintf("This account has %d connection tests in progress. Try again when they have ended.", maxPings),
		}
	}

	if p.ofAccount == nil {
		p.ofAccount = map[keys.Account]int{}
	}
	p.ofAccount[account]++

	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()

		if p.ofAccount[account]--; p.ofAccount[account] == 0 {
			delete(p.ofAccount, account)
		}
	}, nil
}

// Ping tests from this server whether a database answers. It reads the database's tokens from Upstash, and records in
// the audit log that it uses one. ErrCredentialsDisabled when this installation reveals no credentials: it then does
// not use them either. An error means that nothing is known of the database.
func (s *Service) Ping(ctx context.Context, account keys.Account, id string) (Ping, error) {
	if !s.options.ExposeCredentials {
		return Ping{}, ErrCredentialsDisabled
	}

	if !upstash.UsableID(id) {
		return Ping{}, ErrDatabaseNotFound
	}

	credential, err := s.options.Credentials.Credential(ctx, account)
	if err != nil {
		return Ping{}, err
	}

	database, secrets, err := s.secrets(ctx, credential, id)
	if err != nil {
		return Ping{}, err
	}

	switch database.State {
	case "active":
	case "suspended":
		return Ping{Reason: reasonSuspended}, nil
	default:
		return Ping{Reason: reasonNotActive}, nil
	}

	end, err := s.pings.begin(account)
	if err != nil {
		return Ping{}, err
	}
	defer end()

	// Recorded first: without an audit event, no token is used.
	if err := s.record(ctx, credential.ConnectionID, keys.ActionDatabasePinged, database.ID); err != nil {
		return Ping{}, err
	}

	token := secrets.ReadOnlyRestToken // PING needs no more
	if token.IsZero() {
		token = secrets.RestToken
	}

	return s.ping(ctx, database, token)
}

func (s *Service) ping(ctx context.Context, database Database, token secret.Text) (Ping, error) {
	took, err := s.options.Pinger.Ping(ctx, database.Endpoint, token)
	failure, failed := errors.AsType[*dataplane.Error](err)

	switch {
	case failed:
		s.options.Logger.InfoContext(ctx, "a ping failed", "database", database.ID, "reason", failure.Reason)
		return Ping{Reason: string(failure.Reason)}, nil
	case errors.Is(err, dataplane.ErrNoToken):
		return Ping{}, upstash.ErrUnexpectedResponse
	case err != nil:
		return Ping{}, err
	}

	return Ping{Reachable: true, Latency: took}, nil
}
