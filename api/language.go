package api

import "github.com/upstash-connect/bff/internal/problem"

// frameText is the text of the frame that a document shows before its script runs. The page has the same texts in its
// message catalogues (web/messages); a test compares them.
type frameText struct{ Ribbon, NeedsJavaScript, Support, Privacy, APIReference string }

func frameTexts() map[string]frameText {
	return map[string]frameText{
		"en": {
			Ribbon:          "Sandbox: databases are real, on this machine. Accounts and keys are simulated.",
			NeedsJavaScript: "This page needs JavaScript to connect your Upstash account.",
			Support:         "Support", Privacy: "Privacy", APIReference: "API reference",
		},
		"de": {
			Ribbon: "Sandbox: Die Datenbanken sind echt und laufen auf diesem Rechner. " +
				"Konten und API-Keys sind simuliert.",
			NeedsJavaScript: "Diese Seite benötigt JavaScript, um Ihr Upstash-Konto zu verbinden.",
			Support:         "Support", Privacy: "Datenschutz", APIReference: "API-Referenz",
		},
	}
}

// misdirectedText is the text of the page for a foreign host.
type misdirectedText struct{ Title, Open string }

func misdirectedTexts() map[string]misdirectedText {
	return map[string]misdirectedText{
		"en": {
			problem.MisdirectedRequest.Row().Title,
			"This server does not serve the address you used. Open it here:",
		},
		"de": {"Falsche Adresse für diesen Server", "Unter dieser Adresse gibt es diesen Server nicht. Öffnen Sie ihn hier:"},
	}
}
