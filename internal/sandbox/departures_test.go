package sandbox_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// departure is a place where the real service is known not to keep to its own
// OpenAPI document, and where the stand-in follows the service. The same rows
// stand in docs/likeness.md.
type departure struct {
	where    string
	document string // what it says
	real     string // what the service does, and who saw it
	explains *regexp.Regexp
}

// A complaint is "side: JSON pointer: reason" (contract_test.go).
func departures() []departure {
	return []departure{
		{
			"errors", "no answer but 200 is described; the schemas `Error` and `ApiResponse` are used by nothing",
			"400, 401, 403, 404 and 500 (documented elsewhere), mostly a bare JSON string, `{\"error\":…}` for a wrong pair (seen)",
			regexp.MustCompile(`^answer: .*status is not supported`),
		},
		{
			"credentials", "`Database` has no `password`, `rest_token` or `read_only_rest_token`",
			"create, get and list return all three (documented samples, Upstash's command line)",
			regexp.MustCompile(`^answer: (\d+)?/?: property "(password|rest_token|read_only_rest_token)" is unsupported`),
		},
		{
			"older members", "`Database` has no `database_type`, `user_email`, `multizone` or `db_daily_bandwidth_limit`",
			"all four are sent (documented samples, Upstash's MCP server, Terraform provider)",
			regexp.MustCompile(`^answer: (\d+)?/?: property "(database_type|user_email|multizone|db_daily_bandwidth_limit)" is unsupported`),
		},
		{
			"`platform`", "only in the request of a create", "not known to be sent back; ours sends it (guess)",
			regexp.MustCompile(`^answer: (\d+)?/?: property "platform" is unsupported`),
		},
		{
			"`db_request_limit`", "an int64", "2^63, one more than that holds (documented sample)",
			regexp.MustCompile(`^answer: (\d+/)?db_request_limit: does not fit`),
		},
		{
			"`database_name` of a create", "required", "`name` does as well (partner guide, Upstash's MCP server)",
			regexp.MustCompile(`^request: database_name: property "database_name" is missing|^request: : property "(name|region)" is unsupported`),
		},
		{
			"`platform` of a create", "required", "`region: \"global\"` or nothing does as well (partner guide, Upstash's command line)",
			regexp.MustCompile(`^request: platform: property "platform" is missing`),
		},
		{
			"Content-Type", "`application/json`", "not looked at (the documentation's curl sends the form type)",
			regexp.MustCompile(`^request: .*(header Content-Type|content type)`),
		},
		{
			"`/redis/change-plan/{id}`", "only `/redis/{id}/change-plan` with `plan_name`",
			"Upstash's command line sends the older path with `plan`", regexp.MustCompile(`^path: /v2/redis/change-plan/`),
		},
		{
			"daily backups", "PATCH", "Upstash's command line sends POST, its MCP server PATCH", regexp.MustCompile(`^path: /v2/redis/(en|dis)able-dailybackup/`),
		},
		{
			"`/apikey`", "no such path", "stands at the root and takes an access token (partner guide)", regexp.MustCompile(`^path: /apikey$`),
		},
	}
}

func explained(complaint string) (departure, bool) {
	for _, row := range departures() {
		if row.explains.MatchString(complaint) {
			return row, true
		}
	}
	return departure{}, false
}

func TestDeparturesStandInTheTableOfLikeness(t *testing.T) {
	page, err := os.ReadFile("../../docs/likeness.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "## Where the real service departs from its own OpenAPI document")
	if !found {
		t.Fatal("the page has no section of departures")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	inPage := map[string]bool{}
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) == 4 && cells[0] != "where" {
			inPage[strings.Join(cells[:3], " | ")] = true
		}
	}
	for _, row := range departures() {
		line := row.where + " | " + row.document + " | " + row.real
		if !inPage[line] {
			t.Errorf("docs/likeness.md lacks the departure\n| %s | … |", line)
		}
		delete(inPage, line)
	}
	for line := range inPage {
		t.Errorf("docs/likeness.md has a departure that the tests do not know:\n%s", line)
	}
}
