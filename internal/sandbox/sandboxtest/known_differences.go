package sandboxtest

import (
	"regexp"
)

// knownDifference is a known difference between the real service and its own OpenAPI document, where the stand-in
// follows the service. docs/contribute/fidelity.md has the same rows.
type knownDifference struct {
	Where    string
	Document string // what the document specifies
	Real     string // what the service does, and who observed it
	explains *regexp.Regexp
}

// KnownDifferences are the rows of the table. A complaint that one explains is "side: JSON pointer: reason"
// (contract.go).
func KnownDifferences() []knownDifference {
	return []knownDifference{
		{
			"errors",
			"only the response 200 is described; the schemas `Error` and `ApiResponse` are unused",
			"400, 401, 403, 404 and 500 (documented elsewhere), mostly a bare JSON string, `{\"error\":…}` for a wrong pair (seen)",
			regexp.MustCompile(`^answer: .*status is not supported`),
		},
		{
			"credentials",
			"`Database` has no `password`, `rest_token` or `read_only_rest_token`",
			"create, get and list return all three (documented samples, Upstash's command line)",
			regexp.MustCompile(
				`^answer: (\d+)?/?: property "(password|rest_token|read_only_rest_token)" is unsupported`,
			),
		},
		{
			"older members",
			"`Database` has no `database_type`, `user_email`, `multizone` or `db_daily_bandwidth_limit`",
			"all four are sent (documented samples, Upstash's MCP server, Terraform provider)",
			regexp.MustCompile(
				`^answer: (\d+)?/?: property "(database_type|user_email|multizone|db_daily_bandwidth_limit)" is unsupported`,
			),
		},
		{
			"`platform`", "only in the request of a create", "not known to be returned; the sandbox returns it (guess)",
			regexp.MustCompile(`^answer: (\d+)?/?: property "platform" is unsupported`),
		},
		{
			"`db_request_limit`", "an int64", "2^63, one more than an int64 holds (documented sample)",
			regexp.MustCompile(`^answer: (\d+/)?db_request_limit: does not fit`),
		},
		{
			"`database_name` of a create",
			"required",
			"`name` also works (partner guide, Upstash's MCP server)",
			regexp.MustCompile(
				`^request: database_name: property "database_name" is missing|^request: : property "(name|region)" is unsupported`,
			),
		},
		{
			"`platform` of a create",
			"required",
			"`region: \"global\"` or no value also works (partner guide, Upstash's command line)",
			regexp.MustCompile(`^request: platform: property "platform" is missing`),
		},
		{
			"Content-Type", "`application/json`", "ignored (the documentation's curl sends the form type)",
			regexp.MustCompile(`^request: .*(header Content-Type|content type)`),
		},
		{
			"`/redis/change-plan/{id}`",
			"only `/redis/{id}/change-plan` with `plan_name`",
			"Upstash's command line sends the older path with `plan`",
			regexp.MustCompile(`^path: /v2/redis/change-plan/`),
		},
		{
			"daily backups",
			"PATCH",
			"Upstash's command line sends POST, its MCP server PATCH",
			regexp.MustCompile(`^path: /v2/redis/(en|dis)able-dailybackup/`),
		},
		{
			"`type` of a Vector create",
			"`payg`, `fixed` or `paid`",
			"Upstash's command line also offers `free`, as does the document for a change of the plan",
			regexp.MustCompile(`^request: type: value is not one of the allowed values`),
		},
		{
			"`/apikey`",
			"no such path",
			"exists at the root and accepts an access token (partner guide)",
			regexp.MustCompile(`^path: /apikey$`),
		},
	}
}

func explained(complaint string) (knownDifference, bool) {
	for _, row := range KnownDifferences() {
		if row.explains.MatchString(complaint) {
			return row, true
		}
	}

	return knownDifference{}, false
}
