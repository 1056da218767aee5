package harness

import (
	"regexp"
)

var (
	// FormActionOf finds where a form is posted to.
	FormActionOf = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	// FormCSRFOf finds the token of a form against cross-site requests.
	FormCSRFOf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)
