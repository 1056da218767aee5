package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
)

// progress tells a person how far a long command has come: a bar on a terminal, a line now and then elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	shown    int  // tenths that were written as lines
	open     bool // a bar stands in the last line
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, terminal: terminal.IsTerminal(out)}
}

// Step says what is done, or begun.
func (p *progress) Step(text string) {
	p.end()
	p.shown = 0
	_, _ = fmt.Fprintln(p.out, text)
}

const barWidth = 40

// Progress shows how much of what was begun is done.
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

// end leaves the bar's line.
func (p *progress) end() {
	if p.open {
		_, _ = fmt.Fprintln(p.out)
		p.open = false
	}
}
