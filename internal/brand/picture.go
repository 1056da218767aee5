package brand

import (
	"bytes"
	"fmt"
	"image/png"
)

// Bounds of a picture. A logo of this many bytes still loads in an instant on a phone, and no page shows it larger.
const (
	MaxBytes = 64 << 10
	maxSide  = 2048 // pixels
)

// Picture is a checked SVG or PNG picture.
type Picture struct {
	Type    string // image/svg+xml or image/png
	Content []byte
	ratio   float64 // width : height
}

// Types of pictures.
const (
	SVG = "image/svg+xml"
	PNG = "image/png"
)

// pngSignature begins every PNG file (https://www.w3.org/TR/png-3/#5PNG-file-signature).
const pngSignature = "\x89PNG\r\n\x1a\n"

// ParsePicture checks the content of a file. It never changes the content. A PNG is decoded completely and ends with
// its picture, so that browsers can show what is served, and no other file follows it.
func ParsePicture(content []byte) (*Picture, error) {
	if len(content) > MaxBytes {
		return nil, &Error{What: fmt.Sprintf("names a file of %d bytes; a picture may have at most %d", len(content), MaxBytes)}
	}

	if bytes.HasPrefix(content, []byte(pngSignature)) {
		return parsePNG(content)
	}

	ratio, err := checkSVG(content)
	if err != nil {
		return nil, err
	}

	return &Picture{Type: SVG, Content: content, ratio: ratio}, nil
}

func parsePNG(content []byte) (*Picture, error) {
	size, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil || size.Width < 1 || size.Height < 1 {
		return nil, &Error{What: "names a PNG file that is damaged; export the picture again"}
	}

	if size.Width > maxSide || size.Height > maxSide {
		return nil, &Error{What: fmt.Sprintf("names a PNG file of %d by %d pixels; each side may have at most %d",
			size.Width, size.Height, maxSide)}
	}

	reader := bytes.NewReader(content)
	if _, err := png.Decode(reader); err != nil {
		return nil, &Error{What: "names a PNG file that is damaged; export the picture again"}
	}

	if reader.Len() > 0 { // the decoder stops at the end of the picture
		return nil, &Error{What: fmt.Sprintf(
			"names a PNG file with %d bytes after the end of the picture; export the picture again", reader.Len(),
		)}
	}

	return &Picture{Type: PNG, Content: content, ratio: float64(size.Width) / float64(size.Height)}, nil
}

// Square reports whether the picture is about as wide as it is high, as an icon is.
func (p *Picture) Square() bool { return p.ratio > 0.8 && p.ratio < 1.25 }

// Wide reports whether the picture probably contains the name. Pages then do not repeat the name beside it.
func (p *Picture) Wide() bool { return p.ratio > 1.8 }

// Width returns the width in pixels of the picture at a height.
func (p *Picture) Width(height int) int { return max(1, int(p.ratio*float64(height)+0.5)) }

// Extension returns the file name extension of the picture's type.
func (p *Picture) Extension() string {
	if p.Type == PNG {
		return ".png"
	}

	return ".svg"
}
