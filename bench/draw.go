package main

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/upstash-connect/bff/bench/goal"
	"github.com/upstash-connect/bff/bench/report"
)

func paired(of, against []float64) float64 { return goal.Paired(of, against) }

// drawAll draws how the cost of a list grows, and puts the pictures into the report.
func (b *bench) drawAll(p *page, dir string) error {
	var written bool
	add := func(name string, picture report.Picture) error {
		if len(picture.Lines) == 0 || len(picture.Lines[0].X) < 2 {
			return nil
		}

		if !written {
			p.line("\n## Charts")
			written = true
		}
		p.line("\n![%s](plots/%s.svg)", picture.Title, name)

		return picture.Write(filepath.Join(dir, name+".svg"))
	}

	if err := add("connections", b.picture("connections", scenarioList, "of 10 databases")); err != nil {
		return err
	}

	if err := add("tail", b.tailPicture()); err != nil {
		return err
	}

	if err := add("length", b.picture("databases in the list", scenarioLength, "")); err != nil {
		return err
	}

	return add("stored", b.storedPicture())
}

func (b *bench) picture(x, scenario, what string) report.Picture {
	picture := report.Picture{
		Title: "Cost of a list " + what, X: x, Y: "CPU of the server, us per list", YTicks: decades(),
		Ticks: map[float64]string{},
	}
	if what == "" {
		picture.Title = "Cost of a list by its length"
	}

	for _, place := range b.figures.xs(scenario) {
		picture.Ticks[float64(place)] = thousands(place)
	}

	for _, name := range b.figures.names(scenario, b.order) {
		picture.Lines = append(picture.Lines, b.lineOf(scenario, name, "", func(c cell) float64 {
			return b.figures.median(c, cpu)
		}))
	}

	return picture
}

func (b *bench) tailPicture() report.Picture {
	picture := b.picture("connections", scenarioList, "of 10 databases")
	picture.Title, picture.Y = "p99 latency of a list", "p99, ms"

	for n, line := range picture.Lines {
		picture.Lines[n] = b.lineOf(scenarioList, line.Name, "", func(c cell) float64 {
			return b.figures.median(c, p99)
		})
	}

	return picture
}

func (b *bench) storedPicture() report.Picture {
	picture := report.Picture{
		Title: "Cost of a list by the number of stored accounts", X: "stored accounts",
		Y: "CPU of the server and of Postgres, us per list", YTicks: decades(), Ticks: map[float64]string{},
	}
	for _, name := range []string{"SQLite", "Postgres"} {
		for _, size := range b.figures.xs(storedScenario(name)) {
			picture.Ticks[float64(size)] = thousands(size)
		}

		line := b.lineOf(storedScenario(name), name, "", func(c cell) float64 { return b.figures.median(c, cpu) })
		if len(line.X) > 0 {
			picture.Lines = append(picture.Lines, line)
		}
	}

	return picture
}

func (b *bench) lineOf(scenario, name, suffix string, of func(cell) float64) report.Line {
	line := report.Line{Name: name + suffix}
	for _, x := range b.figures.xs(scenario) {
		if y := of(cell{scenario, name, x}); !math.IsNaN(y) && y > 0 {
			line.X, line.Y = append(line.X, float64(x)), append(line.Y, y)
		}
	}

	return line
}

// decades are the marks of an axis of costs: 1, 2, 5 and their tenfolds.
func decades() map[float64]string {
	marks := map[float64]string{}
	for power := -2; power <= 5; power++ {
		for _, digit := range []float64{1, 2, 5} {
			value := digit * math.Pow10(power)
			marks[value] = fmt.Sprintf("%g", math.Round(value*100)/100)
		}
	}

	return marks
}
