package harness

import (
	"regexp"
)

var (
	// FormActionOf matches the URL that a form posts to.
	FormActionOf = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	// FormCSRFOf matches the CSRF token of a form.
	FormCSRFOf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)
