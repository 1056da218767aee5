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

// namer makes key names as the partner guide has them, APPNAME_API_KEY_TIMESTAMP, with milliseconds and a random tail:
// names are unique per account, and two connects may fall into one second.
type namer struct{ prefix string }

// newNamer puts the application's name into Latin letters first, for its users look for that name among their keys.
// Names that were stored before the rule changed stay as they are: nothing is ever read out of a key's name.
func newNamer(app string) namer {
	latin := strings.ToUpper(unidecode.Unidecode(app))

	prefix := strings.Trim(notWord.ReplaceAllString(latin, "_"), "_")
	if len(prefix) > maxAppChars {
		prefix = strings.TrimRight(prefix[:maxAppChars], "_")
	}

	if prefix == "" { // of symbols alone
		prefix = "APP"
	}

	return namer{prefix: prefix}
}

func (n namer) name(at time.Time) string {
	return fmt.Sprintf("%s_API_KEY_%d_%s", n.prefix, at.UnixMilli(), strings.ToLower(rand.Text()[:8]))
}
