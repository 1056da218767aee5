package main

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/upstash-connect/bff/bench/load"
	"github.com/upstash-connect/bff/bench/peer"
)

// fullBench has a figure wherever a full run has one.
func fullBench(t *testing.T) *bench {
	t.Helper()

	const build = "b"

	latency := hdrhistogram.New(1, 1000, 3)
	if err := latency.RecordValue(10); err != nil {
		t.Fatal(err)
	}
	results := []load.Result{{Requests: 1, Elapsed: time.Second, CPU: time.Second, Latency: latency}}
	held := memory{RSS: 1}

	b := &bench{
		options: &options{builds: []peer.Build{{Label: build}}}, figures: figures{},
		idle: map[string]memory{build: held}, after: map[string]memory{byDefault(build): held},
		starts:  map[string]*startTimes{build: {ready: []float64{1}, list: []float64{1}}},
		scrapes: map[string][]float64{},
	}
	names := []string{haproxy, express, byToken(build), byCookie(build), byDefault(build), byHits(build)}

	for _, name := range names {
		for _, scenario := range []string{scenarioList, scenarioLength, scenarioCold, scenarioCreate} {
			for _, x := range append(connections(), 1000) {
				b.figures[cell{scenario, name, x}] = results
			}
		}
	}

	for _, name := range []string{"SQLite", "Postgres"} {
		for _, size := range []int{few, many} {
			b.figures[cell{storedScenario(name), name, size}] = results
			s := storedServer{name: name, size: size}
			b.scrapes[s.key()] = []float64{1}
		}
	}

	return b
}
