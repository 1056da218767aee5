package harness

import (
	"regexp"
)

var (
	// FormActionOf finds where a form is posted to.
	FormActionOf = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	FormCSRFOf   = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)
