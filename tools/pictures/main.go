// Command pictures makes the kept pictures of the browser tests small. Playwright writes four bytes a pixel; a picture
// of a page needs few colours. It also deletes pictures that no test names.
//
//	pictures [-named FILE] DIRECTORY
package main

import (
	"flag"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	named := flag.String("named", "", "a file with the names of all pictures; others are deleted")
	flag.Parse()

	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: pictures [-named FILE] DIRECTORY")
		os.Exit(2)
	}

	if err := run(flag.Arg(0), *named); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(directory, named string) error {
	if named != "" {
		if err := deleteOthers(directory, named); err != nil {
			return err
		}
	}

	var count, bytes int64

	err := forEach(directory, func(path string) error {
		size, err := shrink(path)
		count, bytes = count+1, bytes+size

		return err
	})
	if err != nil {
		return err
	}

	fmt.Printf("%d pictures, %d bytes\n", count, bytes)

	return nil
}

// deleteOthers deletes the pictures whose names are not in the file.
func deleteOthers(directory, named string) error {
	lines, err := os.ReadFile(named)
	if err != nil {
		return err
	}

	known := make(map[string]bool)
	for name := range strings.Lines(string(lines)) {
		known[filepath.Join(directory, strings.TrimSpace(name))] = true
	}

	return forEach(directory, func(path string) error {
		if known[path] {
			return nil
		}

		fmt.Println("deleted:", path)

		return os.Remove(path)
	})
}

func forEach(directory string, act func(path string) error) error {
	return filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".png" {
			return err
		}

		return act(path)
	})
}

// shrink gives a picture a palette, and returns its size in bytes. A picture that has one was shrunk before.
func shrink(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}

	picture, err := png.Decode(file)
	if err := file.Close(); err != nil {
		return 0, err
	}

	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}

	if _, done := picture.(interface{ ColorIndexAt(x, y int) uint8 }); !done {
		small, ok := quantise(picture)
		if !ok {
			return 0, fmt.Errorf("%s: 256 colours are too few", path)
		}

		if err := write(path, small); err != nil {
			return 0, err
		}
	}

	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}

	return info.Size(), nil
}
