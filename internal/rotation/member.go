package rotation

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/seal"
)

// Box is a server's current keyset.
type Box interface {
	Keyset() *seal.Keyset
	Reload() (changed bool, err error)
}

// MemberOptions configure a Member. All are required.
type MemberOptions struct {
	Registry Registry
	Box      Box
	Logger   *slog.Logger
}

// Member is a server's part in rotations: it reloads its keyset every two seconds and reports which one it has.
type Member struct {
	options MemberOptions
	id      string
	changed chan struct{} // triggers an immediate heartbeat
}

// NewMember rejects incomplete options.
func NewMember(options MemberOptions) (*Member, error) {
	if options.Registry == nil || options.Box == nil || options.Logger == nil {
		return nil, errors.New("rotation: a required option is missing")
	}

	return &Member{options: options, id: "srv_" + rand.Text(), changed: make(chan struct{}, 1)}, nil
}

// ID is the server's id in its heartbeats.
func (m *Member) ID() string { return m.id }

// Join sends the first heartbeat and then reloads the keyset: a rotation that did not see this server yet may have
// changed the file before.
func (m *Member) Join(ctx context.Context) error {
	if err := m.heartbeat(ctx); err != nil {
		return err
	}

	changed, err := m.options.Box.Reload()
	if err != nil {
		return err
	}

	if changed {
		return m.heartbeat(ctx)
	}

	return nil
}

// Run sends heartbeats until ctx ends, and then signs off. Reloading and heartbeats run separately: a keyset that is
// slow to decrypt must not make the server look gone.
func (m *Member) Run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { m.reloadLoop(ctx) })
	both.Go(func() { m.heartbeatLoop(ctx) })
	both.Wait()

	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), HeartbeatInterval)
	defer cancel()

	if err := m.options.Registry.Leave(leave, m.id); err != nil {
		m.options.Logger.WarnContext(
			leave, "this server could not sign off; it counts as gone after a timeout", "error", err,
		)
	}
}

func (m *Member) reloadLoop(ctx context.Context) {
	last := ""
	runEvery(ctx, reloadInterval, nil, func() {
		changed, err := m.options.Box.Reload()
		switch {
		case err != nil && err.Error() != last: // logged once, not every two seconds
			last = err.Error()
			m.options.Logger.ErrorContext(
				ctx, "the sealing keyset cannot be reloaded; the previous one stays in use", "error", err,
			)
		case err == nil:
			last = ""
		}

		if changed {
			m.options.Logger.InfoContext(
				ctx,
				"the sealing keyset has changed",
				"fingerprint",
				m.options.Box.Keyset().Fingerprint(),
				"primary_key_id",
				m.options.Box.Keyset().Primary(),
			)

			select {
			case m.changed <- struct{}{}:
			default: // already triggered
			}
		}
	})
}

func (m *Member) heartbeatLoop(ctx context.Context) {
	runEvery(ctx, HeartbeatInterval, m.changed, func() {
		if err := m.heartbeat(ctx); err != nil && ctx.Err() == nil {
			m.options.Logger.WarnContext(
				ctx, "the heartbeat failed; it is retried", "error", err,
			)
		}
	})
}

func (m *Member) heartbeat(ctx context.Context) error {
	keyset := m.options.Box.Keyset()

	return m.options.Registry.Heartbeat(ctx, Server{
		ID: m.id, Fingerprint: keyset.Fingerprint(), Primary: keyset.Primary(),
	})
}

// runEvery calls do at each interval and on each trigger, until ctx ends.
func runEvery(ctx context.Context, interval time.Duration, trigger <-chan struct{}, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-trigger:
		}
		do()
	}
}
