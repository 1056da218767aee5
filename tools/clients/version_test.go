package clients

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var digits = regexp.MustCompile(`\d+`)

// byVersion compares file names by version number: v0.10.0 comes after v0.9.1.
func byVersion(a, b string) int {
	return slices.CompareFunc(
		digits.FindAllString(filepath.Base(a), -1), digits.FindAllString(filepath.Base(b), -1),
		func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return cmp.Compare(x, y)
		})
}

func TestByVersion(t *testing.T) {
	got := []string{"a/v0.9.1.yaml", "a/v1.0.0.yaml", "a/v0.10.0.yaml", "a/v0.10.2.yaml"}
	slices.SortFunc(got, byVersion)
	want := []string{"a/v0.9.1.yaml", "a/v0.10.0.yaml", "a/v0.10.2.yaml", "a/v1.0.0.yaml"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
