package keys

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"
)

const maxAppChars = 24

var notWord = regexp.MustCompile(`[^A-Z0-9]+`)

// namer makes key names as the partner guide has them, APPNAME_API_KEY_TIMESTAMP, with milliseconds and a random tail:
// names are unique per account, and two connects may fall into one second.
type namer struct{ prefix string }

func newNamer(app string) namer {
	prefix := strings.Trim(notWord.ReplaceAllString(strings.ToUpper(app), "_"), "_")
	if len(prefix) > maxAppChars {
		prefix = strings.TrimRight(prefix[:maxAppChars], "_")
	}

	if prefix == "" {
		prefix = "APP"
	}

	return namer{prefix: prefix}
}

func (n namer) name(at time.Time) string {
	return fmt.Sprintf("%s_API_KEY_%d_%s", n.prefix, at.UnixMilli(), strings.ToLower(rand.Text()[:8]))
}
