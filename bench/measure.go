package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/bench/load"
	"github.com/upstash-connect/bff/bench/measure"
	"github.com/upstash-connect/bff/bench/peer"
	"github.com/upstash-connect/bff/bench/standin"
)

// The scenarios, as -only names them.
const (
	scenarioList   = "list"
	scenarioLength = "length"
	scenarioCold   = "cold"
	scenarioCreate = "create"
	scenarioStart  = "start"
	scenarioStored = "stored"
	// stages of a list's time; without list it has no microseconds
	scenarioProfile = "profile"
)

const (
	usualConnections  = 32
	lengthConnections = 8
	storedConnections = 8
	leastPerDatabase  = 100 // bytes of a response
	bareTimes         = 8
)

const (
	nginx   = "nginx"
	haproxy = "HAProxy + JWT"
	express = "Express + undici"
)

func byToken(build string) string   { return build + ", token, cache off" }
func byCookie(build string) string  { return build + ", cookie, cache off" }
func byDefault(build string) string { return build + ", token, default cache" }
func byHits(build string) string    { return build + ", token, default cache, all hits" }

// hitAccounts are so few that nearly all of their lists are served from the cache, which holds them for a second.
// With all active accounts in turn, the share of cached lists depends on the throughput.
const hitAccounts = 20

type memory = measure.Memory

func memoryOf(pid int) (memory, error) { return measure.MemoryOf(pid) }

// contestant is measured alternately with others.
type contestant struct {
	name   string
	target *peer.Target
	addr   string // "": the target's
	next   func(worker int, scratch []byte) []byte
	status int
	least  int64
	counts bool   // until next has no more
	admin  string // HOST:PORT of a product's metrics; "": it has none
}

// inTurn sends prepared requests, each connection from its own place on.
func inTurn(requests [][]byte) func(worker int, scratch []byte) []byte {
	const most = 512
	var places [most]struct {
		n int
		_ [56]byte // connections do not share a cache line
	}

	for worker := range places {
		places[worker].n = worker * 7919
	}

	return func(worker int, _ []byte) []byte {
		place := &places[worker%most]
		place.n++

		return requests[place.n%len(requests)]
	}
}

func each(values []string, request func(string) []byte) [][]byte {
	out := make([][]byte, len(values))
	for n, value := range values {
		out[n] = request(value)
	}

	return out
}

func (b *bench) list(name string, t *peer.Target, tokens []string, databases int) contestant {
	return contestant{
		name: name, target: t, next: inTurn(each(tokens, t.List)), status: 200, addr: t.AddrOf(databases),
		least: int64(databases) * leastPerDatabase,
	}
}

// listers are all contestants that return lists.
func (b *bench) listers() []contestant {
	var all []contestant
	for _, target := range b.peers {
		all = append(all, b.list(target.Name, target, b.tokens, 10))
	}

	for n, build := range b.builds {
		cookies := b.list(byCookie(build.Label), &b.off[n].Target, b.tokens, 10)

		var sessions []string
		for _, account := range b.accounts {
			sessions = append(sessions, account.Session)
		}
		cookies.next = inTurn(each(sessions, b.off[n].ListByCookie))

		usual := b.list(byDefault(build.Label), &b.standard[n].Target, b.tokens, 10)
		hits := b.list(byHits(build.Label), &b.standard[n].Target, b.tokens[:hitAccounts], 10)
		usual.admin, hits.admin = b.standard[n].Admin, b.standard[n].Admin

		all = append(all, b.list(byToken(build.Label), &b.off[n].Target, b.tokens, 10), cookies, usual, hits)
	}

	return all
}

func connections() []int { return []int{1, 32, 256} }

// measure runs the scenarios.
func (b *bench) measure(ctx context.Context) error {
	type scenario struct {
		name  string
		steps int
		run   func(context.Context) error
	}

	all := []scenario{
		{scenarioStart, 0, b.measureStarts},
		{scenarioList, b.rounds * len(connections()) * len(b.listers()), b.measureLists},
		{scenarioLength, b.rounds * len(standin.Lengths()) * (len(b.peers) + len(b.builds)), b.measureLengths},
		{scenarioCold, b.rounds * len(b.colds(0)), b.measureCold},
		{scenarioCreate, b.rounds * len(b.creators()), b.measureCreates},
		{scenarioStored, b.rounds * len(b.stored), b.measureStored},
		{scenarioProfile, 0, b.measureProfile},
	}
	all = slices.DeleteFunc(all, func(s scenario) bool { return !b.wants(s.name) })

	for _, s := range all {
		b.steps += s.steps
	}

	for _, s := range all {
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}

	return nil
}

// round measures contestants one after the other. Each round begins with another of them, so that none is always
// measured in the wake of the same.
func (b *bench) round(ctx context.Context, scenario string, round, x, conns int, all []contestant) error {
	for n := range all {
		c := all[(n+round)%len(all)]
		b.step++

		at := cell{scenario, c.name, x}

		result, err := b.one(ctx, c, at, conns)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		b.figures[at] = append(b.figures[at], result)
		b.noteName(all)

		say("[%3d/%d] %s %s, round %d: %-42s %6.0f us CPU, %8.0f/s, p50 %.2f ms, p99 %.2f ms", b.step, b.steps, scenario,
			thousands(x), round+1, c.name, result.CPUMicros(), result.PerSecond(), result.Millis(50), result.Millis(99))
	}

	return nil
}

// noteName keeps the order in which tables have their rows.
func (b *bench) noteName(all []contestant) {
	for _, c := range all {
		if !slices.Contains(b.order, c.name) {
			b.order = append(b.order, c.name)
		}
	}
}

func (b *bench) one(ctx context.Context, c contestant, at cell, conns int) (load.Result, error) {
	plan := load.Plan{
		Addr: c.addr, Connections: conns, Warm: b.duration() / 3, For: b.duration(), Next: c.next,
		Status: c.status, Least: c.least, Meter: c.target.CPU,
	}
	if plan.Addr == "" {
		plan.Addr = c.target.Addr
	}

	if c.counts {
		plan.Warm, plan.For = 0, 0
	}

	if c.admin == "" {
		return load.Run(ctx, plan)
	}

	before, err := listReads(ctx, c.admin)
	if err != nil {
		return load.Result{}, err
	}

	result, err := load.Run(ctx, plan)
	if err != nil {
		return load.Result{}, err
	}

	after, err := listReads(ctx, c.admin)
	b.fromMemory[at] = append(b.fromMemory[at], after.share(before))

	return result, err
}

func (b *bench) measureLists(ctx context.Context) error {
	all := b.listers()
	for round := range b.rounds {
		for _, conns := range connections() {
			if err := b.round(ctx, scenarioList, round, conns, conns, all); err != nil {
				return err
			}
		}

		for _, c := range all {
			held, err := memoryOf(c.target.Process.PID)
			if err != nil {
				return err
			}
			b.after[c.name] = held
		}
	}

	return nil
}

func (b *bench) measureLengths(ctx context.Context) error {
	for round := range b.rounds {
		for _, length := range standin.Lengths() {
			var all []contestant
			for _, target := range b.peers {
				all = append(all, b.list(target.Name, target, b.long[length], length))
			}

			for n, build := range b.builds {
				all = append(all, b.list(byToken(build.Label), &b.off[n].Target, b.long[length], length))
			}

			if err := b.round(ctx, scenarioLength, round, length, lengthConnections, all); err != nil {
				return err
			}
		}
	}

	return nil
}

// colds take each token once in a round; proxies, which remember nothing, are the measure of what that costs.
func (b *bench) colds(round int) []contestant {
	var all []contestant
	add := func(name string, t *peer.Target) {
		if len(b.cold) == 0 {
			all = append(all, contestant{name: name})
			return
		}
		size := b.coldRequests()
		requests := each(b.cold[round*size:(round+1)*size], t.List)

		if t.Bare() { // it remembers nothing, and needs more requests for its CPU to be more than a few ticks
			size *= bareTimes
		}

		var used atomic.Int64
		all = append(all, contestant{
			name: name, target: t, status: 200, least: 10 * leastPerDatabase, counts: true,
			next: func(int, []byte) []byte {
				if n := int(used.Add(1)); n <= size {
					return requests[(n-1)%len(requests)]
				}

				return nil
			},
		})
	}

	for _, target := range b.peers {
		add(target.Name, target)
	}

	for n, build := range b.builds {
		add(byToken(build.Label), &b.off[n].Target)
	}

	return all
}

func (b *bench) measureCold(ctx context.Context) error {
	for round := range b.rounds {
		if err := b.round(ctx, scenarioCold, round, usualConnections, usualConnections, b.colds(round)); err != nil {
			return err
		}
	}

	return nil
}

// creators make databases: each request another, with its own key.
func (b *bench) creators() []contestant {
	var all []contestant
	add := func(name string, t *peer.Target) {
		var number atomic.Uint64
		all = append(all, contestant{
			name: name, target: t, status: 201, least: leastPerDatabase,
			next: func(_ int, scratch []byte) []byte {
				n := number.Add(1)
				return t.Create(scratch, b.tokens[n%uint64(len(b.tokens))], n)
			},
		})
	}

	if target := b.find(express); target != nil {
		add(express, target)
	}

	for n, build := range b.builds {
		add(byDefault(build.Label), &b.standard[n].Target)
	}

	return all
}

func (b *bench) measureCreates(ctx context.Context) error {
	all := b.creators()
	for round := range b.rounds {
		if err := b.round(ctx, scenarioCreate, round, usualConnections, usualConnections, all); err != nil {
			return err
		}
	}

	return nil
}

// startTimes are milliseconds from exec on.
type startTimes struct{ ready, list []float64 }

func (b *bench) measureStarts(ctx context.Context) error {
	times := 7
	if b.full {
		times = 15
	}

	for round := range times {
		for n, build := range b.builds {
			if b.starts[build.Label] == nil {
				b.starts[build.Label] = &startTimes{}
			}

			if err := b.startOnce(ctx, build, fmt.Sprintf("%s/off-%d.db", b.work, n), round); err != nil {
				return err
			}
		}
	}

	for _, build := range b.builds {
		s := b.starts[build.Label]
		say("start: %s, %d times: ready after %s ms, first list after %s ms (medians)",
			build.Label, times, number(median(s.ready)), number(median(s.list)))
	}

	return nil
}

// startOnce starts a server on a copy of a store, and stops it.
func (b *bench) startOnce(ctx context.Context, build peer.Build, base string, round int) error {
	path := fmt.Sprintf("%s/start-%d.db", b.work, round)
	if err := copyFile(b.work+"/base.db", path); err != nil {
		return fmt.Errorf("copy %s: %w", base, err)
	}
	start := time.Now()

	product, err := b.fleet.StartProduct(b.world, build, peer.Settings{
		Label: build.Label + " start", Database: "sqlite://" + path, Keyset: b.keyFile,
	})
	if err != nil {
		return err
	}
	defer product.Process.Stop()

	if err := product.WaitReady(ctx, 500*time.Microsecond); err != nil {
		return err
	}
	s := b.starts[build.Label]
	s.ready = append(s.ready, millisSince(start))

	status, _, err := ask(&product.Target, product.List(b.tokens[0]))
	if err == nil && status != 200 {
		err = errors.New("the first list got no response")
	}
	s.list = append(s.list, millisSince(start))

	return err
}

func millisSince(t time.Time) float64 { return float64(time.Since(t).Microseconds()) / 1000 }
