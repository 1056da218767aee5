package test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// The page for operators, the alerts and the dashboard speak of metrics that exist, with values that exist, and the
// page leaves out none: neither a metric nor an alert.
func TestOperationsPageAlertsAndDashboardMatchTheMetrics(t *testing.T) {
	t.Parallel()
	p := harness.StartProduct(t, harness.WithAdmin())
	p.Do(t, "GET", "/api/v1/nothing", nil, "").Is(t, 404)
	text := p.Admin(t, "GET", "/metrics", nil).Is(t, 200).Body

	kinds := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (bff_\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		kinds[line[1]] = line[2]
	}

	if len(kinds) < 20 {
		t.Fatalf("only %d metrics were found: this test would show nothing", len(kinds))
	}
	read := func(path string) string {
		content, err := os.ReadFile(harness.Repository(path))
		if err != nil {
			t.Fatal(err)
		}

		return string(content)
	}

	page, alerts, dashboard := read(
		"docs/operate/monitoring.md",
	), read(
		"deploy/prometheus/alerts.yaml",
	), read(
		"deploy/grafana/bff.json",
	)
	for where, content := range map[string]string{"the page": page, "the alerts": alerts, "the dashboard": dashboard} {
		for _, name := range regexp.MustCompile(`\bbff_[a-z0-9_]+`).FindAllString(content, -1) {
			if metric := withoutSuffix(name, kinds); kinds[metric] == "" && name != "bff_" {
				t.Errorf("%s name %s, which is no metric", where, name)
			}
		}
		checkSelectors(t, where, content, text)
	}

	for name, kind := range kinds {
		if !strings.Contains(page, "\n| `"+name+"` | "+kind) {
			t.Errorf("the page's table lacks %s, a %s", name, kind)
		}
	}

	names := regexp.MustCompile(`(?m)- alert: (\w+)$`).FindAllStringSubmatch(alerts, -1)
	for _, alert := range names {
		if !strings.Contains(page, "\n### "+alert[1]+"\n") {
			t.Errorf("the page does not say what to do at %s", alert[1])
		}
	}

	if sections := strings.Count(page, "\n### Bff"); sections != len(names) || len(names) == 0 {
		t.Errorf("the page has %d sections for %d alerts", sections, len(names))
	}

	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is not JSON")
	}
}

// withoutSuffix is the metric that a series of a histogram belongs to.
func withoutSuffix(name string, kinds map[string]string) string {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, cut := strings.CutSuffix(name, suffix); cut && kinds[base] == "histogram" {
			return base
		}
	}

	return name
}

// checkSelectors checks that every label value of a query exists. Label values of requests appear only after a
// request.
func checkSelectors(t *testing.T, where, queries, metrics string) {
	t.Helper()

	for _, selector := range regexp.MustCompile(`\b(bff_\w+)\{([^}]*)\}`).FindAllStringSubmatch(queries, -1) {
		for _, label := range regexp.MustCompile(`(\w+)[!=]=?~?\\?"([^"\\]*)\\?"`).FindAllStringSubmatch(selector[2], -1) {
			if label[1] == "status" || label[1] == "instance" {
				continue
			}

			for value := range strings.SplitSeq(label[2], "|") {
				if !regexp.MustCompile(
					`(?m)^` + selector[1] + `\{[^}]*\b` + label[1] + `="` + regexp.QuoteMeta(value) + `"`,
				).MatchString(
					metrics,
				) {
					t.Errorf(
						"%s ask for %s with %s=%q, which is nowhere in the metrics",
						where,
						selector[1],
						label[1],
						value,
					)
				}
			}
		}
	}
}
