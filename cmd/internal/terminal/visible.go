package terminal

import (
	"io"
	"unicode/utf8"
)

// Visible writes what others wrote to a terminal. It replaces characters that control the terminal with question marks,
// except line ends and tabs, and ends the last line. Other writers get the bytes unchanged.
type Visible struct {
	out     io.Writer
	raw     bool
	pending []byte // the beginning of a character
	open    bool   // the last line has no end
}

// NewVisible returns the Visible of a writer. The caller must call Close.
func NewVisible(out io.Writer) *Visible { return &Visible{out: out, raw: !IsTerminal(out)} }

// Write implements io.Writer.
func (v *Visible) Write(text []byte) (int, error) {
	if v.raw {
		return v.out.Write(text)
	}
	v.pending = append(v.pending, text...)

	return len(text), v.flush(false)
}

// Close writes the rest.
func (v *Visible) Close() error {
	if v.raw {
		return nil
	}

	if err := v.flush(true); err != nil || !v.open {
		return err
	}
	_, err := io.WriteString(v.out, "\n")

	return err
}

func (v *Visible) flush(last bool) error {
	shown := make([]byte, 0, len(v.pending)+1)
	rest := v.pending

	for len(rest) > 0 && (last || utf8.FullRune(rest)) {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]

		if r == utf8.RuneError || r != '\n' && r != '\t' && controlsTerminal(r) {
			r = '?'
		}
		shown = utf8.AppendRune(shown, r)
		v.open = r != '\n'
	}
	v.pending = append(v.pending[:0], rest...)
	_, err := v.out.Write(shown)

	return err
}
