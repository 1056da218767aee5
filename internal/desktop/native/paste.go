package native

import (
	"bufio"
	"io"
	"net/url"
	"strings"
)

// maxPasted limits a pasted line, like the listener's limit for request headers.
const maxPasted = 32 << 10

// Reasons for rejecting a pasted line. None quotes the line, which may contain a code.
const (
	notTheAddress = "This is not the address at which the browser stopped. That address begins with "
	loginAddress  = "This is the address of the login page. Open it in a browser, log in, and paste the address at which the " +
		"browser stops. That address begins with "
	anotherLogin = "This address belongs to another login. bff ignored it. Log in at the address above, not at an older one."
)

// readPasted reads lines until one is a valid response. It and the listener accept the same response; the first one
// counts.
func (c *callback) readPasted(lines io.Reader) {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, maxPasted)

	for scanner.Scan() {
		line := strings.TrimSpace(pasteMarks.Replace(scanner.Text()))
		if line == "" {
			continue
		}

		reason := c.acceptPasted(line)
		if reason == "" {
			return
		}

		if c.options.PasteRejected != nil {
			c.options.PasteRejected(reason)
		}
	}
}

// pasteMarks removes the markers of bracketed paste, which an earlier program may have left enabled in the terminal.
var pasteMarks = strings.NewReplacer("\x1b[200~", "", "\x1b[201~", "")

// acceptPasted accepts the redirect of a browser on another machine. It returns a reason if it rejects the line. A
// valid line after an accepted response is no error.
func (c *callback) acceptPasted(line string) (reason string) {
	if !strings.Contains(line, "://") { // browsers hide the scheme
		line = "http://" + line
	}

	address, err := url.Parse(line)
	if err == nil && address.Query().Get("redirect_uri") == c.attempt.redirect {
		return loginAddress + c.attempt.redirect + "/?"
	}

	if err != nil || address.Scheme != "http" || address.User != nil || !c.hosts[strings.ToLower(address.Host)] ||
		(address.Path != "/" && address.Path != "") || address.RawQuery == "" {
		return notTheAddress + c.attempt.redirect + "/?"
	}

	query, err := url.ParseQuery(address.RawQuery)
	if err != nil || !c.valid(query) {
		return anotherLogin
	}

	if c.claim() {
		c.deliver(query, func(error) {})
	}

	return ""
}
