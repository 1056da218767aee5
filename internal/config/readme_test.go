package config

import (
	"os"
	"strings"
	"testing"
)

func TestReadmeListsEverySettingAndItsDefault(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}

	for _, s := range settings() {
		row := ""
		for line := range strings.Lines(string(readme)) {
			if strings.HasPrefix(line, "|") && strings.Contains(line, "`"+s.variable()+"`") {
				row = line
			}
		}

		switch {
		case row == "":
			t.Errorf("README.md's table lacks %s", s.variable())
		case s.standard != "" && !strings.Contains(row, s.standard):
			t.Errorf("README.md's row of %s lacks its default %q: %s", s.variable(), s.standard, row)
		}
	}
}
