package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

const kept = "../../web/e2e/pictures"

// The repository keeps every version of a picture forever.
func TestKeptPicturesAreSmall(t *testing.T) {
	const most = 14 << 20

	var count, total int64

	err := forEach(kept, func(path string) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()

		decoded, err := png.Decode(file)
		if err != nil {
			return err
		}

		if _, ok := decoded.(*image.Paletted); !ok {
			t.Errorf("%s has no palette: run make pictures", path)
		}

		info, err := file.Stat()
		if err != nil {
			return err
		}

		count, total = count+1, total+info.Size()

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if count == 0 || total > most {
		t.Errorf("%d pictures have %d bytes, want some with at most %d", count, total, most)
	}
}

func TestAQuantisedPictureIsWithinTheTolerance(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 300, 40))

	for x := range 300 {
		for y := range 40 {
			grey := uint8(x * 255 / 299)
			picture.Set(x, y, color.NRGBA{R: grey, G: 255 - grey, B: uint8(y), A: 255})
		}
	}

	area := color.NRGBA{R: 4, G: 120, B: 87, A: 255}

	for x := range 100 {
		for y := range 20 {
			picture.Set(x, y, area)
		}
	}

	quantised, ok := quantise(picture)
	if !ok {
		t.Fatal("256 colours are too few")
	}

	if got := at(quantised, 50, 10); got != at(picture, 50, 10) {
		t.Errorf("the colour of an area became %v", got)
	}

	for x := range 300 {
		for y := range 40 {
			if got, want := at(quantised, x, y), at(picture, x, y); !near(got, want) {
				t.Fatalf("at %d,%d: got %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestAPictureIsShrunkOnceAndOthersAreDeleted(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "en", "list-1440-light.png")

	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}

	picture := image.NewNRGBA(image.Rect(0, 0, 10, 10))
	for _, each := range []string{path, filepath.Join(directory, "old.png")} {
		if err := write(each, picture); err != nil {
			t.Fatal(err)
		}
	}

	named := filepath.Join(directory, "named.txt")
	if err := os.WriteFile(named, []byte("en/list-1440-light.png\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	if err := run(directory, named); err != nil {
		t.Fatal(err)
	}

	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	if err := run(directory, named); err != nil {
		t.Fatal(err)
	}

	if second, err := os.ReadFile(path); err != nil || string(second) != string(first) {
		t.Errorf("a second run changed the picture, or %v", err)
	}

	if _, err := os.Stat(filepath.Join(directory, "old.png")); !os.IsNotExist(err) {
		t.Errorf("the picture without a name is still there: %v", err)
	}
}
