package upstash

import (
	"encoding/json"
	"strings"
)

// Reason is why a call was rejected, as far as Upstash's free text can be recognized.
type Reason string

// The reasons that change what happens next.
const (
	ReasonUnknown       Reason = "unknown"
	ReasonNameTaken     Reason = "name taken"
	ReasonKeyLimit      Reason = "key limit"
	ReasonAccountType   Reason = "account type"
	ReasonDatabaseLimit Reason = "database limit"
	ReasonResourceLimit Reason = "resource limit" // of indexes
	ReasonReadOnlyKey   Reason = "read-only key"
	ReasonRedundant     Reason = "already in effect"
)

// reasonPattern is one row of the table below: all words must be in the text.
type reasonPattern struct {
	words  []string
	reason Reason
}

// reasonPatterns is the only code that interprets Upstash's text. Only "Readonly API key" is known from public code;
// the rest are guesses at undocumented texts, the more specific ones first. An unrecognized text is ReasonUnknown,
// which every caller handles safely.
func reasonPatterns() []reasonPattern {
	return []reasonPattern{
		{[]string{"readonly api key"}, ReasonReadOnlyKey},
		{[]string{"native"}, ReasonAccountType},
		{[]string{"vercel"}, ReasonAccountType},
		{[]string{"fly.io"}, ReasonAccountType},
		{[]string{"marketplace"}, ReasonAccountType},
		{[]string{"third party", "account"}, ReasonAccountType},
		{[]string{"already exist"}, ReasonNameTaken},
		{[]string{"name", "taken"}, ReasonNameTaken},
		{[]string{"name", "in use"}, ReasonNameTaken},
		{[]string{"name", "unique"}, ReasonNameTaken},
		{[]string{"duplicate", "name"}, ReasonNameTaken},
		{[]string{"key", "limit"}, ReasonKeyLimit},
		{[]string{"maximum", "key"}, ReasonKeyLimit},
		{[]string{"too many", "key"}, ReasonKeyLimit},
		{[]string{"index", "limit"}, ReasonResourceLimit},
		{[]string{"maximum", "index"}, ReasonResourceLimit},
		{[]string{"database", "limit"}, ReasonDatabaseLimit},
		{[]string{"free", "database"}, ReasonDatabaseLimit},
		{[]string{"maximum", "database"}, ReasonDatabaseLimit},
	}
}

func reasonOf(body []byte) Reason {
	text := strings.ToLower(errorText(body))
	for _, row := range reasonPatterns() {
		if containsAll(text, row.words) {
			return row.reason
		}
	}

	return ReasonUnknown
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}

	return true
}

// errorText parses the three forms of Upstash's errors: a bare JSON string, an object with `error` or `message`, and
// plain text.
func errorText(body []byte) string {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return text
	}

	var object struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &object) == nil {
		if object.Error != "" {
			return object.Error
		}

		return object.Message
	}

	return string(body)
}
