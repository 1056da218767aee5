// Package report draws the pictures and describes the machine of a report.
package report

import (
	"bytes"
	"image/color"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Line is one line of a picture.
type Line struct {
	Name string
	X, Y []float64 // of equal length
}

// Picture shows how a cost grows. Both axes are logarithmic: the lines are powers of ten apart.
type Picture struct {
	Title, X, Y string
	Ticks       map[float64]string // of the axis X
	YTicks      map[float64]string
	Lines       []Line
}

// colours can be distinguished by colour-blind readers (Okabe and Ito, "Color Universal Design", 2008).
var colours = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff},
	{0xd5, 0x5e, 0x00, 0xff},
	{0x00, 0x9e, 0x73, 0xff},
	{0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff},
	{0x56, 0xb4, 0xe9, 0xff},
	{0x33, 0x33, 0x33, 0xff},
}

func ticks(of map[float64]string) plot.Ticker {
	var marks plot.ConstantTicks
	for value, label := range of {
		marks = append(marks, plot.Tick{Value: value, Label: label})
	}

	return marks
}

// Write draws the picture into an SVG file.
func (p Picture) Write(path string) error {
	chart := newChart(p.Title)
	chart.X.Label.Text, chart.Y.Label.Text = p.X, p.Y
	chart.X.Scale, chart.Y.Scale = plot.LogScale{}, plot.LogScale{}
	chart.X.Tick.Marker, chart.Y.Tick.Marker = ticks(p.Ticks), ticks(p.YTicks)
	chart.Legend.Top, chart.Legend.Left = true, true
	chart.Legend.Padding = vg.Points(2)

	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColour, gridColour
	chart.Add(grid)

	for n, line := range p.Lines {
		points := make(plotter.XYs, len(line.X))
		for i := range line.X {
			points[i].X, points[i].Y = line.X[i], line.Y[i]
		}

		drawn, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		drawn.Color, drawn.Width = colours[n%len(colours)], vg.Points(1.5)
		dots.Color, dots.Shape, dots.Radius = drawn.Color, draw.CircleGlyph{}, vg.Points(2.5)
		chart.Add(drawn, dots)
		chart.Legend.Add(line.Name, drawn, dots)
	}
	// room above the lines for the legend
	chart.Y.Min, chart.Y.Max = p.bounds(len(p.Lines))

	return write(chart, path, 11*vg.Centimeter)
}

var gridColour = color.Gray{0xe6}

func newChart(title string) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}

	chart := plot.New()
	chart.Title.Text, chart.BackgroundColor = title, color.White

	return chart
}

// write writes a chart of this height into an SVG file.
func write(chart *plot.Plot, path string, height vg.Length) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // pictures are for everyone
		return err
	}

	canvas, err := chart.WriterTo(18*vg.Centimeter, height, "svg")
	if err != nil {
		return err
	}

	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	// where that font is missing, another without serifs
	svg := bytes.ReplaceAll(out.Bytes(), []byte("Liberation Sans"), []byte("Liberation Sans,Arial,Helvetica,sans-serif"))

	return os.WriteFile(path, svg, 0o644) //nolint:gosec // pictures are for everyone
}

func (p Picture) bounds(lines int) (low, high float64) {
	low, high = 1e18, 0
	for _, line := range p.Lines {
		for _, y := range line.Y {
			low, high = min(low, y), max(high, y)
		}
	}

	for range lines {
		high *= 1.35
	}

	return low / 1.5, high
}
