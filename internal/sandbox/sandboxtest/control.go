package sandboxtest

import (
	"strings"
)

// Port is the port at the end of an address.
func Port(url string) string { return url[strings.LastIndex(url, ":")+1:] }
