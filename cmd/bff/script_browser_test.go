//go:build unix

package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/test/harness"
)

// scriptedBrowser is the system's browser in scripts: it is started with a URL, logs the demo user in, follows the
// redirects, and leaves the last page in $BROWSER_DIR/page.html. $BROWSER_DOES may be "cancel", to press that button,
// or "nothing".
func scriptedBrowser() {
	if err := scriptedLogin(os.Args[len(os.Args)-1], os.Getenv("BROWSER_DOES"), os.Getenv("BROWSER_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

func scriptedLogin(address, does, dir string) error {
	if does == "nothing" {
		return nil
	}

	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Timeout: time.Minute}

	form, err := client.Get(address)
	if err != nil {
		return err
	}

	page, err := io.ReadAll(form.Body)
	if err = errors.Join(err, form.Body.Close()); err != nil {
		return err
	}

	action, csrf := harness.FormActionOf.FindSubmatch(page), harness.FormCSRFOf.FindSubmatch(page)
	if action == nil || csrf == nil {
		return fmt.Errorf("%s answered %s and no form", form.Request.URL.Path, form.Status)
	}

	target, err := form.Request.URL.Parse(html.UnescapeString(string(action[1])))
	if err != nil {
		return err
	}

	button := "login"
	if does == "cancel" {
		button = "cancel"
	}
	fields := url.Values{
		"action": {
			button,
		},
		"csrf":     {html.UnescapeString(string(csrf[1]))},
		"email":    {sandbox.DemoEmail},
		"password": {sandbox.DemoPassword},
	}

	request, err := http.NewRequest(http.MethodPost, target.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", target.Scheme+"://"+target.Host)

	last, err := client.Do(request)
	if err != nil {
		return err
	}

	defer func() { _ = last.Body.Close() }()

	if page, err = io.ReadAll(last.Body); err != nil {
		return err
	}

	return os.WriteFile(filepath.Join(dir, "page.html"), page, 0o600)
}
