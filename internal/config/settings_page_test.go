package config

import (
	"os"
	"strings"
	"testing"
)

func TestSettingsPageListsEverySettingAndItsDefault(t *testing.T) {
	const page = "docs/operate/settings.md"

	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}

	for _, s := range settings() {
		row := ""

		for line := range strings.Lines(string(text)) {
			cells := strings.Split(line, "|")
			if len(cells) > 2 && strings.Contains(cells[1], "`"+s.variable()+"`") {
				row = line
			}
		}

		switch {
		case row == "":
			t.Errorf("the tables in %s lack %s", page, s.variable())
		case s.standard != "" && !strings.Contains(row, s.standard):
			t.Errorf("%s: the row of %s lacks its default %q: %s", page, s.variable(), s.standard, row)
		}
	}
}
