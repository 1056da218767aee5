package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/bench/goal"
	"github.com/upstash-connect/bff/bench/peer"
	"github.com/upstash-connect/bff/bench/store"
)

const (
	few  = 1_000
	many = 1_000_000
	// storedStarts is how often each server is started before it is measured.
	storedStarts = 3
	// countKept is how long a server remembers the count of its connections, and a little more.
	countKept = 10*time.Second + 200*time.Millisecond
)

// storedServer is a server of the judged build whose store has this many accounts.
type storedServer struct {
	*peer.Product
	name  string // of the store
	size  int
	ready []float64 // milliseconds from exec on
}

func (s *storedServer) key() string { return fmt.Sprintf("%s %d", s.name, s.size) }

// sizes are the numbers of accounts that are stored.
func (b *bench) sizes(postgres bool) []int {
	switch {
	case !b.full && postgres:
		return nil
	case !b.full:
		return []int{few, 10_000}
	case postgres:
		return []int{few, many}
	}

	return []int{few, 10_000, 100_000, many}
}

func (b *bench) startStored(ctx context.Context) error {
	if !b.wants(scenarioStored) {
		return nil
	}

	for _, size := range b.sizes(false) {
		url := "sqlite://" + filepath.Join(b.work, fmt.Sprintf("stored-%d.db", size))
		if err := b.startStoredOn(ctx, "SQLite", url, size); err != nil {
			return err
		}
	}

	if len(b.sizes(true)) == 0 {
		return nil
	}

	postgres, err := b.fleet.StartPostgres(ctx)
	if errors.Is(err, peer.ErrMissing) {
		b.missing = append(b.missing, err.Error())
		say("         skipped: %s", err)
		return nil
	}

	if err != nil {
		return err
	}
	b.postgres = postgres.Version

	for _, size := range b.sizes(true) {
		url, err := postgres.Database(ctx, fmt.Sprintf("stored_%d", size))
		if err != nil {
			return err
		}

		if err := b.startStoredOn(ctx, "Postgres", url, size); err != nil {
			return err
		}
		// the store's work for a list is part of the list's cost
		last := b.stored[len(b.stored)-1]
		last.Roots = append(last.Roots, postgres.Process.PID)
	}

	return nil
}

func (b *bench) startStoredOn(ctx context.Context, name, url string, size int) error {
	start := time.Now()

	fill := store.Fill{URL: url, Keyset: b.keyset, Issuer: b.world.Issuer, Accounts: store.Spread(size)}
	if err := elsewhere(func() error { return fill.Run(ctx) }); err != nil {
		return err
	}
	say("         %s with %s accounts: %s", name, thousands(size), time.Since(start).Round(100*time.Millisecond))

	s := &storedServer{name: name, size: size}

	for n := range storedStarts {
		if n > 0 {
			s.Process.Stop()
		}
		start := time.Now()

		var err error
		if s.Product, err = b.fleet.StartProduct(b.world, b.builds[len(b.builds)-1], peer.Settings{
			Label: fmt.Sprintf("%s %d", name, size), Database: url, Keyset: b.keyFile, ListCache: "0s",
		}); err != nil {
			return err
		}

		if err := s.WaitReady(ctx, time.Millisecond); err != nil {
			return err
		}
		s.ready = append(s.ready, millisSince(start))
	}
	b.stored = append(b.stored, s)

	return nil
}

// elsewhere runs work on another thread than main's: coroutines, which pull rows, do not go with a locked one.
func elsewhere(work func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- work() }()

	return <-ended
}

// storedScenario is the scenario of one store: each store is compared with itself.
func storedScenario(name string) string { return scenarioStored + " " + name }

// warmStored requests each active account once, so that its files are in the system's memory: the speed of the disk
// is not measured.
func (b *bench) warmStored(ctx context.Context) error {
	if err := readFiles(ctx, b.work); err != nil {
		return err
	}

	for _, s := range b.stored {
		start := time.Now()
		requests := each(b.tokens, s.List)

		var used atomic.Int64
		c := contestant{
			name: s.key(), target: &s.Target, status: 200, least: 10 * leastPerDatabase, counts: true,
			next: func(int, []byte) []byte {
				if n := int(used.Add(1)); n <= len(requests) {
					return requests[n-1]
				}

				return nil
			},
		}

		if _, err := b.one(ctx, c, cell{}, storedConnections); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		took := time.Since(start).Round(time.Millisecond)
		say("stored: %s with %s accounts is warm: %s", s.name, thousands(s.size), took)
	}

	return nil
}

// readFiles reads everything under a directory, and keeps nothing of it.
func readFiles(ctx context.Context, dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return ctx.Err() // a file that a database has just removed
		}

		file, err := os.Open(path) //nolint:gosec // our own directory
		if err != nil {
			return ctx.Err()
		}
		_, err = io.Copy(io.Discard, file)

		return errors.Join(err, file.Close(), ctx.Err())
	})
}

func (b *bench) measureStored(ctx context.Context) error {
	if err := b.warmStored(ctx); err != nil {
		return err
	}

	for round := range b.rounds {
		for n := range b.stored {
			s := b.stored[(n+round)%len(b.stored)]

			c := b.list(s.name, &s.Target, b.tokens, 10)

			scenario := storedScenario(s.name)
			if err := b.round(ctx, scenario, round, s.size, storedConnections, []contestant{c}); err != nil {
				return err
			}
		}
	}

	return b.measureScrapes(ctx)
}

// measureScrapes times what operators' scrapes cost when the connections are counted anew. The first counts for
// nothing: it also makes what later ones have.
func (b *bench) measureScrapes(ctx context.Context) error {
	times := 1
	if b.full {
		times = 5
	}

	for n := range times + 1 {
		for _, s := range b.stored {
			took, err := scrape(ctx, s.Admin)
			if err != nil {
				return err
			}

			if n > 0 {
				b.scrapes[s.key()] = append(b.scrapes[s.key()], took)
			}
		}

		if n == times {
			break
		}
		say("stored: scrape %d of %d; the next after the servers' counts expire", n+1, times+1)

		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(countKept):
		}
	}

	return nil
}

func scrape(ctx context.Context, admin string) (float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	start := time.Now()

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	took := millisSince(start)

	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("a scrape got %s", response.Status)
	}

	return took, errors.Join(err, response.Body.Close())
}

func median(values []float64) float64 { return goal.Median(values) }
