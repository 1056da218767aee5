// Package brand turns the operator's logo, colour and links into what the server's pages need: checked pictures, the
// colours of both themes, and a style sheet with them. It reads no files and no environment.
package brand

import (
	"net/mail"
	"net/url"
	"strings"

	"github.com/upstash-connect/bff/internal/hostname"
)

// Brand is how the pages look. The zero value is the neutral look.
type Brand struct {
	Logo     *Picture // nil: the name alone, beside its first letter
	LogoDark *Picture // for dark themes; nil: Logo
	Favicon  *Picture // nil: Logo if it is square, or else the first letter of the name
	Colour   Colour   // zero: the neutral colour
	Links    Links
}

// Links lead from the pages to the partner's own. Each may be empty.
type Links struct{ Product, Support, Privacy string }

// ParseLinks reads a list such as product=https://acme.example,support=https://acme.example/help. An address is https,
// so that a link never leads away from TLS; support may also be an e-mail address in a mailto: URL.
func ParseLinks(value string) (Links, error) {
	var links Links
	fields := map[string]*string{"product": &links.Product, "support": &links.Support, "privacy": &links.Privacy}

	for entry := range strings.SplitSeq(value, ",") {
		name, address, _ := strings.Cut(strings.TrimSpace(entry), "=")

		field, known := fields[name]
		if !known {
			return Links{}, &Error{
				What: "must be a list such as product=https://acme.example,support=https://acme.example/help," +
					"privacy=https://acme.example/privacy",
				Found: name,
			}
		}

		if *field != "" {
			return Links{}, &Error{What: "has the link " + name + " twice; remove one"}
		}

		switch {
		case isLink(address), name == "support" && isMailbox(address):
		case name == "support":
			return Links{}, &Error{What: "has a link support that is neither an https URL without user and password, nor " +
				"mailto: with one e-mail address, such as mailto:help@acme.example"}
		default:
			return Links{}, &Error{What: "has a link " + name + " that is not an https URL without user and password"}
		}
		*field = address
	}

	return links, nil
}

func isLink(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Scheme == "https" && hostname.Valid(parsed.Hostname()) && parsed.User == nil
}

// mailboxCharacters are the characters that one address in a mailto: URL has without percent-encoding (RFC 6068 section
// 2), except the comma, which would begin another address.
const mailboxCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$'*+@"

// isMailbox reports whether an address is a mailto: URL with one address and nothing else: no other recipients, no
// subject and no text, which the URL's query could have.
func isMailbox(address string) bool {
	mailbox, found := strings.CutPrefix(address, "mailto:")
	if !found || strings.Trim(mailbox, mailboxCharacters) != "" {
		return false
	}

	parsed, err := mail.ParseAddress(mailbox)
	if err != nil || parsed.Address != mailbox {
		return false
	}
	_, host, _ := strings.Cut(mailbox, "@")

	return hostname.Valid(host)
}

// Error completes a sentence that starts with a setting's name.
type Error struct {
	What  string
	Found string // the part of the value that is at fault; empty: it does not help, or may be private
}

func (e *Error) Error() string { return e.What }
