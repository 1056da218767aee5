package report

import (
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bar is one bar of a picture.
type Bar struct {
	Name  string
	Value float64
}

// Bars shows what a whole is made of, the first bar on top.
type Bars struct {
	Title, X string
	Bars     []Bar
}

// Write draws the picture into an SVG file.
func (b Bars) Write(path string) error {
	chart := newChart(b.Title)
	chart.X.Label.Text = b.X
	chart.X.Min = 0

	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Width = gridColour, 0
	chart.Add(grid)

	var (
		values plotter.Values
		names  []string
	)
	for _, bar := range slices.Backward(b.Bars) { // the chart counts from below
		values, names = append(values, bar.Value), append(names, bar.Name)
	}

	bars, err := plotter.NewBarChart(values, vg.Points(12))
	if err != nil {
		return err
	}
	bars.Horizontal, bars.Color, bars.LineStyle = true, colours[0], draw.LineStyle{}
	chart.Add(bars)
	chart.NominalY(names...)
	chart.Y.Tick.Length, chart.Y.LineStyle = 0, draw.LineStyle{}

	return write(chart, path, vg.Length(len(b.Bars))*vg.Points(17)+vg.Points(70))
}
