package journal

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Masked replaces a secret.
const Masked = "•••"

// secretWords end the names of members and parameters with a secret value, in both services: api_key, rest_token,
// code_verifier.
var secretWords = map[string]bool{
	"key":           true,
	"secret":        true,
	"password":      true,
	"token":         true,
	"code":          true,
	"verifier":      true,
	"challenge":     true,
	"assertion":     true,
	"authorization": true,
	"cookie":        true,
	"csrf":          true,
	"hint":          true,
	"nonce":         true,
}

func isSecretName(name string) bool {
	return secretWords[strings.ToLower(name[strings.LastIndexAny(name, "_-")+1:])]
}

// openParameters are the parameters of an authorization request and its response that are shown. The other parameters
// of a query are masked, known or not.
var openParameters = map[string]bool{
	"audience":                 true,
	"client_id":                true,
	"code_challenge_method":    true,
	"connection":               true,
	"display":                  true,
	"email":                    true,
	"error":                    true,
	"error_description":        true,
	"grant_type":               true,
	"max_age":                  true,
	"prompt":                   true,
	"redirect_uri":             true,
	"response_mode":            true,
	"response_type":            true,
	"returnTo":                 true,
	"post_logout_redirect_uri": true,
	"scope":                    true,
	"screen_hint":              true,
	"ui_locales":               true,
	"action":                   true,
	"credentials":              true,
	"period":                   true,
	"cursor":                   true,
}

// maxLearned limits how many secrets the mask remembers.
const maxLearned = 8192

// mask masks secrets. It remembers each value of a secret's name, and masks it wherever it appears later. It is safe
// for concurrent use.
type mask struct {
	mu      sync.Mutex
	learned map[[32]byte]bool
	order   [][32]byte
}

func newMask() *mask { return &mask{learned: map[[32]byte]bool{}} }

// shortest is the minimum length of a run of characters that may be a secret.
const shortest = 12

var (
	// jwt matches a token of RFC 7515 section 7.1.
	jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?`)
	// scheme matches a credential of RFC 9110 section 11.4.
	scheme = regexp.MustCompile(`(?i)\b(Basic|Bearer) +[A-Za-z0-9._~+/=-]+`)
)

// eachWord passes each run of the characters of keys, passwords and tokens through change, and leaves the text
// between them unchanged.
func eachWord(text string, change func(word string) string) string {
	var changed strings.Builder

	begin := 0 // of the current run
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isWord(text[i]) {
			continue
		}

		if word := text[begin:i]; len(word) >= shortest {
			changed.WriteString(change(word))
		} else {
			changed.WriteString(word)
		}

		if i < len(text) {
			changed.WriteByte(text[i])
		}
		begin = i + 1
	}

	return changed.String()
}

func isWord(c byte) bool {
	return c == '_' || c == '-' || ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
}

// learn remembers the secrets in a value. It stores a digest, so that the secret cannot be read here.
func (m *mask) learn(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	eachWord(value, func(part string) string {
		if sum := sha256.Sum256([]byte(part)); !m.learned[sum] {
			if len(m.order) >= maxLearned {
				delete(m.learned, m.order[0])
				m.order = m.order[1:]
			}
			m.learned[sum] = true
			m.order = append(m.order, sum)
		}

		return part
	})
}

func (m *mask) knows(part string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.learned[sha256.Sum256([]byte(part))]
}

// plain masks known secrets, and text that looks like a credential, in any text.
func (m *mask) plain(text string, known []string) string {
	for _, value := range known {
		if len(value) >= 4 {
			text = strings.ReplaceAll(text, value, Masked)
		}
	}

	if len(text) < shortest {
		return text
	}

	if strings.Contains(text, " ") { // most texts have none, and matching costs time
		text = scheme.ReplaceAllString(text, "$1 "+Masked)
	}

	if strings.Contains(text, "eyJ") {
		text = jwt.ReplaceAllString(text, Masked)
	}

	return eachWord(text, func(part string) string {
		if m.knows(part) {
			return Masked
		}

		return part
	})
}

// query masks the values of a query or a form, except those without a secret. Names stay as they were sent. A part
// with a name that cannot be decoded is masked completely.
func (m *mask) query(raw string) string {
	if raw == "" {
		return ""
	}

	parts := strings.Split(raw, "&")
	for i, part := range parts {
		escaped, value, found := strings.Cut(part, "=")

		name, err := url.QueryUnescape(escaped)
		switch {
		case err != nil:
			parts[i] = Masked
		case !found || value == "":
		case openParameters[name] && !strings.HasPrefix(name, "error"):
			if address, err := url.QueryUnescape(value); err == nil && strings.Contains(address, "?") {
				parts[i] = escaped + "=" + url.QueryEscape(m.address(address))
			}
		case openParameters[name]:
		default:
			if decoded, err := url.QueryUnescape(value); err == nil && isSecretName(name) {
				m.learn(decoded)
			}
			parts[i] = escaped + "=" + Masked
		}
	}

	return strings.Join(parts, "&")
}
