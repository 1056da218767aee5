package native

import (
	"github.com/upstash-connect/bff/internal/locale"
	"github.com/upstash-connect/bff/internal/problem"
)

// resultText is the text of a page. None of it comes from the request.
type resultText struct{ Title, Text string }

// resultTexts are the texts of each language. The text of notConnected depends on the error.
func resultTexts() map[string]map[outcome]resultText {
	return map[string]map[outcome]resultText{
		"en": {
			connected:    {"Account connected", "You can close this page and return to the application."},
			notConnected: {Title: "Account not connected"},
			wrongState: {
				"This response belongs to another login",
				"Nothing was changed. Return to the application and open the link that it shows.",
			},
			alreadyAnswered: {"This login is already finished", "Nothing was changed. You can close this page."},
		},
		"de": {
			connected:    {"Konto verbunden", "Sie können diese Seite schließen und zur Anwendung zurückkehren."},
			notConnected: {Title: "Konto nicht verbunden"},
			wrongState: {
				"Diese Antwort gehört zu einer anderen Anmeldung",
				"Es wurde nichts geändert. Kehren Sie zur Anwendung zurück und öffnen Sie den Link, den sie anzeigt.",
			},
			alreadyAnswered: {
				"Diese Anmeldung ist bereits abgeschlossen",
				"Es wurde nichts geändert. Sie können diese Seite schließen.",
			},
		},
	}
}

// germanFailures are the texts for the errors that a person can correct at the login. For any other error, the page
// sends the person to the application, which shows the reason.
func germanFailures() map[problem.Code]string {
	return map[problem.Code]string{
		problem.LoginDenied:   "Sie oder Upstash haben die Anmeldung abgelehnt. Es wurde nichts gespeichert.",
		problem.LoginTimedOut: "Die Anmeldung hat zu lange gedauert. Es wurde nichts gespeichert. Beginnen Sie sie neu.",
		problem.EmailUnusable: "Ihr Upstash-Konto hat keine verwendbare E-Mail-Adresse. Verwenden Sie ein anderes Konto.",
		problem.UpstashKeyLimit: "Ihr Upstash-Konto kann keine weiteren API-Keys anlegen. Löschen Sie in der " +
			"Upstash-Konsole einen, den Sie nicht mehr brauchen, und beginnen Sie die Anmeldung neu.",
		problem.AccountTypeUnsupported: "Konten, die über Vercel oder Fly.io angelegt wurden, können nicht verbunden " +
			"werden. Verwenden Sie ein Konto, das direkt bei Upstash angelegt wurde.",
		problem.OtherAccount: "Hier ist schon ein anderes Konto verbunden. Es wurde nichts geändert.",
	}
}

// failure is why an account was not connected.
type failure struct {
	err   error
	words func(error) string // in English
}

func (f *failure) text(language string) string {
	if language == locale.Base {
		return f.words(f.err)
	}

	if text, known := germanFailures()[problem.CodeOf(f.err)]; known {
		return text
	}

	return "Kehren Sie zur Anwendung zurück: Sie zeigt den Grund an."
}
