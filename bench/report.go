package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/upstash-connect/bff/bench/goal"
	"github.com/upstash-connect/bff/bench/report"
)

// page is the report as it grows.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// columns is where lines of prose break.
const columns = 118

// wrapped breaks a text into lines of at most that many characters. Each line after the first begins with the indent.
func wrapped(indent, text string) string {
	var (
		lines   strings.Builder
		written int
	)

	for n, word := range strings.Fields(text) {
		length := utf8.RuneCountInString(word)

		switch {
		case n == 0:
			written = length
		case written+1+length > columns:
			lines.WriteString("\n" + indent)
			written = len(indent) + length
		default:
			lines.WriteString(" ")
			written += 1 + length
		}
		lines.WriteString(word)
	}

	return lines.String()
}

// table writes a Markdown table. All columns but the first are figures.
func (p *page) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	p.line("\n| %s |", strings.Join(head, " | "))
	p.line("|---%s|", strings.Repeat("|---:", len(head)-1))

	for _, row := range rows {
		p.line("| %s |", strings.Join(row, " | "))
	}
}

// report writes the results of the run, and compares them with the goals.
func (b *bench) report(ctx context.Context) error {
	reasons, err := b.readReasons()
	if err != nil {
		return err
	}

	var p page
	b.writeHead(&p)
	b.writeGoals(&p, reasons)
	b.writeBehaviour(&p)
	b.writeLists(&p)
	b.writeLengths(&p)
	b.writeOthers(&p)
	b.writeMemory(&p)
	b.writeStored(&p)
	b.writeMethod(&p)

	if b.out == "" {
		say("\n%s", p.String())
		return ctx.Err()
	}

	plots := filepath.Join(filepath.Dir(b.out), "plots")
	if err := errors.Join(b.writeProfiles(&p, plots), b.drawAll(&p, plots)); err != nil {
		return err
	}

	if err := os.WriteFile(b.out, []byte(p.String()), 0o644); err != nil { //nolint:gosec // a report is for everyone
		return err
	}

	for _, g := range goal.All() {
		value := b.value(g.Key)
		say("goal: %-12s %-78s %10s, %s", g.Judge(value), g.What, g.Text(value), bounds(g))
	}
	say("written: %s", b.out)

	return nil
}

func (b *bench) readReasons() (map[string]string, error) {
	file, err := os.Open(b.reasons) //nolint:gosec // named by who runs us
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	if err != nil {
		return nil, err
	}

	defer func() { _ = file.Close() }()

	return goal.Reasons(file)
}

func (b *bench) form() string {
	if b.full {
		return "make bench-full"
	}

	return "make bench"
}

func (b *bench) writeHead(p *page) {
	p.line("# Benchmark results\n")
	p.line("Printed by `%s` (`%s`). [README.md](README.md) explains what is measured and how to read it.\n", b.form(), strings.Join(b.command(), " "))
	p.line("- date: %s", time.Now().UTC().Format("2006-01-02 15:04 MST"))
	p.line("- commit: %s", report.Commit(b.root))

	for _, line := range b.machine {
		p.line("- %s", line)
	}

	for _, build := range b.builds {
		p.line("- %s: %s", build.Label, report.Build(build.Path))
	}

	for _, target := range b.peers {
		p.line("- %s: %s", target.Name, target.Version)
	}

	if b.postgres != "" {
		p.line("- Postgres: %s", b.postgres)
	}

	for _, sentence := range b.missing {
		p.line("- skipped: %s", sentence)
	}
	p.line("- prepared in %s, measured in %s: %d rounds of %g s for each figure",
		b.prepared.Round(time.Second), (b.took - b.prepared).Round(time.Second), b.rounds, b.seconds)
}

// command is the command line of the program, without its directory.
func (b *bench) command() []string {
	return append([]string{"bin/bench"}, os.Args[1:]...)
}

func (b *bench) writeGoals(p *page, reasons map[string]string) {
	p.line("\n## Goals\n")
	p.line("Ratios are medians over the rounds of this run; each compares two figures of the same round.")

	var (
		rows  [][]string
		unmet []string
	)

	for _, g := range goal.All() {
		value := b.value(g.Key)
		verdict := g.Judge(value)
		rows = append(rows, []string{g.What, bounds(g), g.BoundText(g.Stretch), g.Text(value), string(verdict)})

		if verdict == goal.NotMet {
			reason := reasons[g.Key]
			if reason == "" {
				reason = "The reason is not known yet."
			}
			unmet = append(unmet, wrapped("  ",
				fmt.Sprintf("- **%s**: %s; the goal is %s. %s", g.What, g.Text(value), bounds(g), reason)))
		}
	}
	p.table([]string{"goal", "bound", "stretch", "measured", "verdict"}, rows)
	p.line("\nLighthouse measures the first load of the page, not this program.")

	if len(unmet) > 0 {
		p.line("\n### Goals not met\n\n%s", strings.Join(unmet, "\n"))
	}
}

func bounds(g goal.Goal) string {
	if g.AtLeast {
		return "at least " + g.BoundText(g.Bound)
	}

	return "at most " + g.BoundText(g.Bound)
}

func (b *bench) writeBehaviour(p *page) {
	p.line("\n## What each server does\n")
	p.line("A proxy with one static key gives every caller the same account, and nginx authenticates nobody.")

	head := []string{"request"}
	for _, found := range b.behave {
		head = append(head, found.Name)
	}

	var rows [][]string
	for n, c := range checks() {
		row := []string{c.title}
		for _, found := range b.behave {
			row = append(row, found.Answers[n])
		}
		rows = append(rows, row)
	}
	p.table(head, rows)
}

func (b *bench) writeLists(p *page) {
	for _, conns := range b.figures.xs(scenarioList) {
		p.line("\n## A list of 10 databases, connections: %d", conns)
		b.writeCells(p, scenarioList, conns, haproxy)

		for _, name := range b.figures.names(scenarioList, b.order) {
			if shares := b.fromMemory[cell{scenarioList, name, conns}]; len(shares) > 0 {
				p.line("\n%s: %.0f %% of the lists came from the cache.", name, 100*median(shares))
			}
		}
	}
}

func (b *bench) writeLengths(p *page) {
	for _, length := range b.figures.xs(scenarioLength) {
		p.line("\n## A list of %s databases, %d connections", thousands(length), lengthConnections)
		b.writeCells(p, scenarioLength, length, haproxy)
	}
}

// writeCells is the table of one value of a scenario's axis, compared with one contestant.
func (b *bench) writeCells(p *page, scenario string, x int, base string) {
	var rows [][]string
	for _, name := range b.figures.names(scenario, b.order) {
		at, against := cell{scenario, name, x}, cell{scenario, base, x}
		rows = append(rows, []string{
			name, number(b.figures.median(at, cpu)), plusMinus(b.figures.spread(at, cpu)),
			number(b.figures.paired(at, against, cpu)), number(b.figures.median(at, throughput)),
			number(b.figures.median(at, p50)), number(b.figures.median(at, p99)),
		})
	}
	p.table([]string{"", "CPU us", "spread", "against " + base, "requests/s", "p50 ms", "p99 ms"}, rows)
}

func plusMinus(percent float64) string {
	if math.IsNaN(percent) {
		return "-"
	}

	return fmt.Sprintf("±%.0f %%", percent)
}

func (b *bench) writeOthers(p *page) {
	if b.wants(scenarioCold) {
		p.line("\n## Cold caches: %s accounts per round, each requested once with a new token, %d connections",
			thousands(b.coldRequests()), usualConnections)
		b.writeCells(p, scenarioCold, usualConnections, haproxy)
	}

	if b.wants(scenarioCreate) {
		p.line("\n## Creates, each with an Idempotency-Key, %d callers", usualConnections)
		p.line("\nExpress ignores the key and stores no record.")
		b.writeCells(p, scenarioCreate, usualConnections, express)
	}

	if len(b.starts) > 0 {
		p.line("\n## Starts")

		var rows [][]string
		for _, build := range b.builds {
			s := b.starts[build.Label]
			rows = append(rows, []string{
				build.Label, fmt.Sprint(len(s.ready)), number(median(s.ready)), number(median(s.list)),
			})
		}
		p.table([]string{"", "starts", "exec to ready, ms", "exec to the first list, ms"}, rows)
	}
}

func megabytes(bytes int64) string { return number(float64(bytes) / 1e6) }

func (b *bench) writeMemory(p *page) {
	p.line("\n## Memory")

	var rows [][]string
	for _, build := range b.builds {
		held := b.idle[build.Label]
		rows = append(rows, []string{build.Label + ", idle", megabytes(held.RSS), megabytes(held.PSS)})
	}

	for _, name := range b.figures.names(scenarioList, b.order) {
		held := b.after[name]
		rows = append(rows, []string{name + ", after 256 connections", megabytes(held.RSS), megabytes(held.PSS)})
	}
	p.table([]string{"", "resident, MB", "proportional, MB"}, rows)
}

func (b *bench) writeStored(p *page) {
	if len(b.stored) == 0 {
		return
	}
	p.line("\n## Stored accounts, %d connections, cache off", storedConnections)
	p.line("\nA thousand accounts are active in each store. The CPU is that of the server and of Postgres together.")

	var rows [][]string
	for _, s := range b.stored {
		at := cell{storedScenario(s.name), s.name, s.size}
		base := cell{storedScenario(s.name), s.name, few}
		rows = append(rows, []string{
			fmt.Sprintf("%s, %s accounts", s.name, thousands(s.size)), number(b.figures.median(at, cpu)),
			plusMinus(b.figures.spread(at, cpu)), number(b.figures.paired(at, base, cpu)),
			number(b.figures.median(at, p50)), number(b.figures.paired(at, base, p50)),
			number(median(b.scrapes[s.key()])),
			number(goal.Paired(b.scrapes[s.key()], b.scrapes[fmt.Sprintf("%s %d", s.name, few)])),
			number(median(s.ready)),
		})
	}
	p.table([]string{
		"", "CPU us", "spread", "against 1,000", "p50 ms", "against 1,000", "scrape with a count, ms", "against 1,000",
		"exec to ready, ms",
	}, rows)
}

func (b *bench) writeMethod(p *page) {
	p.line("\n## How it was measured\n")
	p.line("%s", wrapped("", "Servers, peers, stand-ins and the load generator share the machine. Each round"+
		" measures every server once, in turn. Tables show the medians of the rounds. The spread is half the difference"+
		" between the lowest and the highest round. CPU is the kernel's CPU time of the server's processes"+
		" (/proc/PID/stat), divided by the completed requests. The status and size of every response were checked."))
}
