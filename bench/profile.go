package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/upstash-connect/bff/bench/load"
	"github.com/upstash-connect/bff/bench/report"
	"github.com/upstash-connect/bff/bench/stage"
)

const profiled = 3 * time.Second

// profileKind is a way to serve a list, and the stages of its time.
type profileKind struct {
	name, title string
	shares      []stage.Share
}

// measureProfile takes a profile of the judged build while it serves lists, after everything else: profiling slows a
// server down.
func (b *bench) measureProfile(ctx context.Context) error {
	last := len(b.builds) - 1
	label := b.builds[last].Label

	for n, admin := range []string{b.off[last].Admin, b.standard[last].Admin} {
		name, title := byToken(label), "A list fetched from Upstash"
		if n == 1 {
			name, title = byHits(label), "A list from the cache"
		}

		for _, c := range b.listers() {
			if c.name != name {
				continue
			}
			say("profile: %s", name)

			content, err := b.profileUnder(ctx, c, admin)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}

			shares, err := stage.Of(content)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			b.profiles = append(b.profiles, profileKind{name, title, shares})
		}
	}

	return nil
}

// profileUnder takes a profile under load.
func (b *bench) profileUnder(ctx context.Context, c contestant, admin string) (content []byte, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	loaded := make(chan error, 1)
	go func() {
		_, err := load.Run(ctx, load.Plan{
			Addr: c.target.Addr, Connections: usualConnections, Warm: time.Second / 2, For: profiled + time.Second,
			Next: c.next, Status: c.status, Least: c.least, Meter: c.target.CPU,
		})
		loaded <- err
	}()
	defer func() { err = errors.Join(err, <-loaded) }()

	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", admin, int(profiled.Seconds()))

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()

	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the profile request returned %d", response.StatusCode)
	}

	return io.ReadAll(response.Body)
}

// writeProfiles reports where the time of a list goes: shares of the profile, of the CPU that was measured without
// one.
func (b *bench) writeProfiles(p *page, dir string) error {
	for n, kind := range b.profiles {
		if n == 0 {
			p.line("\n## Where the time goes")
		}
		name := []string{"stages-upstash", "stages-cache"}[n]
		whole := b.figures.median(cell{scenarioList, kind.name, usualConnections}, cpu)
		p.line("\n![%s](plots/%s.svg)", kind.title, name)

		var (
			rows [][]string
			bars []report.Bar
		)
		for _, share := range kind.shares {
			rows = append(rows, []string{share.Name, number(whole * share.Of), fmt.Sprintf("%.1f", 100*share.Of)})
			bars = append(bars, report.Bar{Name: share.Name, Value: whole * share.Of})
		}
		p.table([]string{kind.title, "CPU us", "%"}, rows)

		if err := (report.Bars{
			Title: fmt.Sprintf("%s: %.0f us", kind.title, whole), X: "CPU of the server, us", Bars: bars,
		}).Write(filepath.Join(dir, name+".svg")); err != nil {
			return err
		}
	}

	return nil
}
