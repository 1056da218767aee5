package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/upstash-connect/bff/bench/load"
)

// value is the run's measurement for a goal; NaN without one.
func (b *bench) value(key string) float64 {
	build := b.judged()
	at := func(scenario, name string, x int) cell { return cell{scenario, name, x} }
	usual := func(name string) cell { return at(scenarioList, name, usualConnections) }

	switch key {
	case "cpu-token":
		return b.figures.paired(usual(byToken(build)), usual(haproxy), cpu)
	case "cpu-cookie":
		return b.figures.paired(usual(byCookie(build)), usual(haproxy), cpu)
	case "cpu-cached":
		return b.figures.paired(usual(byHits(build)), usual(haproxy), cpu)
	case "cpu-express":
		return b.figures.paired(usual(byToken(build)), usual(express), cpu)
	case "cpu-cold":
		return b.figures.paired(
			at(scenarioCold, byToken(build), usualConnections), at(scenarioCold, haproxy, usualConnections), cpu,
		)
	case "cpu-1000":
		return b.figures.paired(at(scenarioLength, byToken(build), 1000), at(scenarioLength, haproxy, 1000), cpu)
	case "cpu-create":
		return b.figures.paired(
			at(scenarioCreate, byDefault(build), usualConnections), at(scenarioCreate, express, usualConnections), cpu,
		)
	case "creates":
		return b.figures.median(at(scenarioCreate, byDefault(build), usualConnections), throughput)
	case "memory-idle":
		return heldBy(b.idle[build])
	case "memory-256":
		return heldBy(b.after[byDefault(build)])
	case "ready", "first-list":
		return b.startValue(build, key)
	}

	if strings.HasPrefix(key, "p99-") {
		return b.tail(build, key)
	}

	return b.storedValue(key)
}

func heldBy(held memory) float64 {
	if held.RSS == 0 {
		return math.NaN()
	}

	return float64(held.RSS) / 1e6
}

func (b *bench) startValue(build, key string) float64 {
	s := b.starts[build]
	switch {
	case s == nil:
		return math.NaN()
	case key == "ready":
		return median(s.ready)
	}

	return median(s.list)
}

// tail is the ratio of a p99.
func (b *bench) tail(build, key string) float64 {
	for name, label := range map[string]string{"off": byToken(build), "default": byDefault(build)} {
		for _, conns := range connections() {
			if key == fmt.Sprintf("p99-%s-%d", name, conns) {
				return b.figures.paired(cell{scenarioList, label, conns}, cell{scenarioList, haproxy, conns}, p99)
			}
		}
	}

	return math.NaN()
}

// storedValue compares a million stored accounts with a thousand.
func (b *bench) storedValue(key string) float64 {
	for _, name := range []string{"SQLite", "Postgres"} {
		large, small := cell{storedScenario(name), name, many}, cell{storedScenario(name), name, few}
		of := map[string]func(load.Result) float64{
			"stored-cpu-" + strings.ToLower(name): cpu, "stored-p50-" + strings.ToLower(name): p50,
		}[key]

		if of != nil {
			return b.figures.paired(large, small, of)
		}

		if key == "count-"+strings.ToLower(name) {
			return paired(b.scrapes[fmt.Sprintf("%s %d", name, many)], b.scrapes[fmt.Sprintf("%s %d", name, few)])
		}
	}

	return math.NaN()
}
