package sandboxtest

import (
	"strings"
)

func Port(url string) string { return url[strings.LastIndex(url, ":")+1:] }
