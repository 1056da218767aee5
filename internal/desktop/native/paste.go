package native

import (
	"bufio"
	"io"
	"net/url"
	"strings"
)

// maxPasted bounds a line that is pasted, as the listener bounds a request's head.
const maxPasted = 32 << 10

// Why a pasted line is not taken. None quotes it: it may hold a code.
const (
	notTheAddress = "That is not the address that the browser ended at. It begins with "
	theLoginsOwn  = "That is the address to log in at. Open it in a browser, log in, and paste the address at which the browser " +
		"ends. It begins with "
	anotherLogin = "That address is not of the login that was begun here. Nothing was done with it. " +
		"Log in at the address above, and at no older one."
)

// readPasted takes lines until one is the answer, or there are no more. A line counts as the same address that the
// browser opens at the listener: whichever comes first.
func (c *callback) readPasted(lines io.Reader) {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, maxPasted)

	for scanner.Scan() {
		line := strings.TrimSpace(pasteMarks.Replace(scanner.Text()))
		if line == "" {
			continue
		}

		refusal := c.takePasted(line)
		if refusal == "" {
			return
		}

		if c.options.PasteRefused != nil {
			c.options.PasteRefused(refusal)
		}
	}
}

// pasteMarks are what terminals put around what is pasted, if a program before this one asked them to.
var pasteMarks = strings.NewReplacer("\x1b[200~", "", "\x1b[201~", "")

// takePasted takes the address at which a browser on another machine ended; empty when it counts, or when another
// answer counted before.
func (c *callback) takePasted(line string) (refusal string) {
	if !strings.Contains(line, "://") { // browsers show it without
		line = "http://" + line
	}

	address, err := url.Parse(line)
	if err == nil && address.Query().Get("redirect_uri") == c.attempt.redirect {
		return theLoginsOwn + c.attempt.redirect + "/?"
	}

	if err != nil || address.Scheme != "http" || address.User != nil || !c.hosts[strings.ToLower(address.Host)] ||
		(address.Path != "/" && address.Path != "") || address.RawQuery == "" {
		return notTheAddress + c.attempt.redirect + "/?"
	}

	query, err := url.ParseQuery(address.RawQuery)
	if err != nil || !c.ours(query) {
		return anotherLogin
	}

	if c.claim() {
		c.deliver(query, func(error) {})
	}

	return ""
}
