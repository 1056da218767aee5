package sandbox

import "github.com/upstash-connect/bff/internal/sandbox/front"

// The start pages are outside the journal and the faults, because the real services have no such pages.

func (s *Sandbox) issuerFront() front.Page {
	return front.Page{
		Title: "Identity provider",
		Lead:  "This listener simulates auth.upstash.com, the login of Upstash at Auth0. Accounts and passwords are not real.",
		Facts: []front.Fact{
			{Term: "Log in", Text: "An application opens the login page. Use demo@example.com with demo-password, or sign up."},
			{Term: "Get a token without a login", Text: "The control API issues access tokens for any account."},
		},
		Command: "curl " + s.controlURL + `/tokens \
  -d '{"email":"demo@example.com"}'`,
		Links: []front.Link{
			{Text: "Discovery document", Address: s.issuerURL + ".well-known/openid-configuration", Hint: "Endpoints and what they support"},
			{Text: "Signing keys", Address: s.issuerURL + ".well-known/jwks.json", Hint: "Public keys of the access tokens"},
			{Text: "Console", Address: s.ConsoleURL(), Hint: "Databases and developer keys of an account"},
			{Text: "Journal", Address: s.controlURL + "/journal.html", Hint: "Each call, live, and faults to inject"},
		},
	}
}

func (s *Sandbox) upstashFront() front.Page {
	return front.Page{
		Title: "Developer API",
		Lead:  "This listener simulates api.upstash.com. Accounts and developer keys are not real.",
		Facts: []front.Fact{
			{Term: "Databases", Text: "They run on this machine, in miniredis, with most commands of Redis, over TCP and Upstash's REST API."},
			{Term: "Authentication", Text: "Basic, with the e-mail of an account and a developer key. Create a key in the console."},
		},
		Command: "curl -u demo@example.com:$API_KEY \\\n  " + s.upstashURL + "/v2/redis/databases",
		Links: []front.Link{
			{Text: "Console", Address: s.ConsoleURL(), Hint: "Databases and developer keys of an account"},
			{Text: "Journal", Address: s.controlURL + "/journal.html", Hint: "Each call, live, and faults to inject"},
			{Text: "Identity provider", Address: s.issuerURL, Hint: "The login of Upstash"},
		},
	}
}
