package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
)

// progress reports the progress of a long command: as a bar on a terminal, or else as occasional lines.
type progress struct {
	out      io.Writer
	terminal bool
	shown    int  // tenths already printed as lines
	open     bool // the last line contains the bar
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, terminal: terminal.IsTerminal(out)}
}

// Step reports a step that is done or starts.
func (p *progress) Step(text string) {
	p.end()
	p.shown = 0
	_, _ = fmt.Fprintln(p.out, text)
}

const barWidth = 40

// Progress reports how much of the current step is done.
func (p *progress) Progress(done, total int) {
	if total <= 0 {
		return
	}

	if p.terminal {
		filled := barWidth * done / total
		_, _ = fmt.Fprintf(
			p.out, "\r[%s%s] %d of %d ", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), done, total,
		)
		p.open = true

		return
	}

	if tenths := 10 * done / total; tenths > p.shown {
		p.shown = tenths
		_, _ = fmt.Fprintf(p.out, "%d of %d rows (%d %%)\n", done, total, 10*tenths)
	}
}

// end terminates the line of the bar.
func (p *progress) end() {
	if p.open {
		_, _ = fmt.Fprintln(p.out)
		p.open = false
	}
}
