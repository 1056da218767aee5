package harness

import (
	"regexp"
)

var (
	FormActionOf = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	FormCSRFOf   = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)
