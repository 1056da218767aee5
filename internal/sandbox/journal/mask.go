package journal

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Masked stands where a secret was.
const Masked = "•••"

// secretNames are the members and parameters whose value is a secret, by what
// they are called anywhere in the two services.
var secretNames = regexp.MustCompile(`(?i)^(.*[_-])?(key|secret|password|token|code|verifier|challenge|assertion|authorization|cookie|csrf|hint|nonce)$`)

// openParameters are those of an authorization request, and of its way back,
// that are shown: the rest of a query is masked, known or not.
var openParameters = map[string]bool{
	"audience": true, "client_id": true, "code_challenge_method": true, "connection": true, "display": true, "email": true, "error": true,
	"error_description": true, "grant_type": true, "max_age": true, "prompt": true, "redirect_uri": true, "response_mode": true,
	"response_type": true, "returnTo": true, "post_logout_redirect_uri": true, "scope": true, "screen_hint": true, "ui_locales": true,
	"action": true, "credentials": true, "period": true, "cursor": true,
}

// maxLearned bounds how many secrets are known by heart.
const maxLearned = 8192

// mask hides secrets. It learns each value that stood under a secret's name, and
// hides it wherever it comes up later. It is safe for concurrent use.
type mask struct {
	mu      sync.Mutex
	learned map[[32]byte]bool
	order   [][32]byte
}

func newMask() *mask { return &mask{learned: map[[32]byte]bool{}} }

func isSecretName(name string) bool { return secretNames.MatchString(name) }

var (
	// word is a run of letters as keys, passwords and tokens are made of.
	word = regexp.MustCompile(`[A-Za-z0-9_-]{12,}`)
	// jwt is a token of RFC 7515 section 7.1.
	jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?`)
	// scheme is a credential of RFC 9110 section 11.4.
	scheme = regexp.MustCompile(`(?i)\b(Basic|Bearer) +[A-Za-z0-9._~+/=-]+`)
)

// learn remembers the secrets that a value is made of. A digest is kept: this is
// no place to find them.
func (m *mask) learn(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, part := range word.FindAllString(value, 8) {
		sum := sha256.Sum256([]byte(part))
		if m.learned[sum] {
			continue
		}
		if len(m.order) >= maxLearned {
			delete(m.learned, m.order[0])
			m.order = m.order[1:]
		}
		m.learned[sum] = true
		m.order = append(m.order, sum)
	}
}

func (m *mask) knows(part string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.learned[sha256.Sum256([]byte(part))]
}

// plain hides in any text what is known, and what looks like a credential.
func (m *mask) plain(text string, known []string) string {
	for _, value := range known {
		if len(value) >= 4 {
			text = strings.ReplaceAll(text, value, Masked)
		}
	}
	text = scheme.ReplaceAllString(text, "$1 "+Masked)
	text = jwt.ReplaceAllString(text, Masked)
	return word.ReplaceAllStringFunc(text, func(part string) string {
		if m.knows(part) {
			return Masked
		}
		return part
	})
}

// query hides the values of a query or a form, but of those that hold no secret.
// Nothing is decoded and encoded again: what cannot be read is shown as it is
// named.
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
