package main

import (
	"image"
	"image/color"
	"slices"
)

// maxOff is by how much a channel of a kept picture may differ from what the browser painted. The comparison's threshold
// is above it (web/e2e/screens/pictures.ts).
const maxOff = 12

// quantise returns the picture with a palette. The most frequent colours, which are those of areas, stay exact; a rare
// one, such as those of the edges of letters, becomes a frequent one that is near. It returns false if 256 colours are
// too few.
func quantise(picture image.Image) (*image.Paletted, bool) {
	counts := countColours(picture)
	frequent := byFrequency(counts)

	var palette color.Palette

	indexes := make(map[color.RGBA]uint8, len(counts))

	for _, wanted := range frequent {
		at := slices.IndexFunc(palette, func(c color.Color) bool { return near(c.(color.RGBA), wanted) })
		if at < 0 {
			if len(palette) == 256 {
				return nil, false
			}

			at = len(palette)
			palette = append(palette, wanted)
		}

		indexes[wanted] = uint8(at)
	}

	bounds := picture.Bounds()
	quantised := image.NewPaletted(bounds, palette)

	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			quantised.SetColorIndex(x, y, indexes[at(picture, x, y)])
		}
	}

	return quantised, true
}

func countColours(picture image.Image) map[color.RGBA]int {
	counts := make(map[color.RGBA]int)
	bounds := picture.Bounds()

	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(picture, x, y)]++
		}
	}

	return counts
}

// byFrequency returns the colours, the most frequent first. The order of equally frequent ones is always the same.
func byFrequency(counts map[color.RGBA]int) []color.RGBA {
	colours := make([]color.RGBA, 0, len(counts))
	for colour := range counts {
		colours = append(colours, colour)
	}

	slices.SortFunc(colours, func(a, b color.RGBA) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}

		return number(a) - number(b)
	})

	return colours
}

func near(a, b color.RGBA) bool {
	return off(a.R, b.R) <= maxOff && off(a.G, b.G) <= maxOff && off(a.B, b.B) <= maxOff
}

func off(a, b uint8) int {
	return max(int(a), int(b)) - min(int(a), int(b))
}

func number(c color.RGBA) int {
	return int(c.R)<<16 | int(c.G)<<8 | int(c.B)
}

// at returns the colour of a pixel. The browser paints nothing that is transparent.
func at(picture image.Image, x, y int) color.RGBA {
	r, g, b, _ := picture.At(x, y).RGBA()

	return color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 0xff}
}
