package keys

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/mozillazg/go-unidecode"
)

const maxAppChars = 24

var notWord = regexp.MustCompile(`[^A-Z0-9]+`)

// namer makes key names in the format of the partner guide, APPNAME_API_KEY_TIMESTAMP, with milliseconds and a random
// suffix: names are unique per account, and two connects may happen in the same second.
type namer struct{ prefix string }

// newNamer transliterates the application's name to Latin letters, because users look for that name in their list of
// keys. Stored names never change: no code parses a key's name.
func newNamer(app string) namer {
	latin := strings.ToUpper(unidecode.Unidecode(app))

	prefix := strings.Trim(notWord.ReplaceAllString(latin, "_"), "_")
	if len(prefix) > maxAppChars {
		prefix = strings.TrimRight(prefix[:maxAppChars], "_")
	}

	if prefix == "" { // the name has only symbols
		prefix = "APP"
	}

	return namer{prefix: prefix}
}

func (n namer) name(at time.Time) string {
	return fmt.Sprintf("%s_API_KEY_%d_%s", n.prefix, at.UnixMilli(), strings.ToLower(rand.Text()[:8]))
}
