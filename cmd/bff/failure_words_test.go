package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

func TestProblemsSpeakOfFlagsAndCommands(t *testing.T) {
	faults := &proxy.ValidationError{
		Fields: []problem.Field{
			problem.NewField("/primary_region", problem.FieldValue, "is not a region").Listed(),
			problem.NewField("/read_regions/1", problem.FieldDuplicate, "is listed twice"),
		},
	}

	full := connectOutput{
		console: "http://127.0.0.1:8082/console",
	}.ended(
		&keys.KeyLimitError{Leftovers: []problem.Leftover{{Name: "ACME_API_KEY_1", Certain: true}}},
	)

	dead, blocked := blockedByProxy(t)
	for name, test := range map[string]struct {
		err  error
		exit int
		want []string
	}{
		"flags":          {createFailure(faults, createFlags{}), problem.ExitUsage, []string{"\n  --region: is not a region\n", "--read-region: is listed twice"}},
		"connect":        {fail(keys.ErrConnectRequired, nativeFlags{}), problem.ExitConnect, []string{"bff: Connect the account first: No account is connected here. Run bff connect.\n"}},
		"reconnect":      {fail(keys.ErrReconnectRequired, nativeFlags{}), problem.ExitConnect, []string{"Run bff connect again."}},
		"of the sandbox": {fail(keys.ErrReconnectRequired, nativeFlags{sandbox: true, stateDir: "/my state"}), problem.ExitConnect, []string{"Run bff connect --sandbox --state-dir '/my state' again."}},
		"no sandbox":     {fail(desktop.ErrNoSandbox, nativeFlags{}), problem.ExitFailed, []string{"bff: No sandbox was found: Start one with bff sandbox, in another terminal.\n"}},
		"a dead sandbox": {fail(&desktop.UnresponsiveSandboxError{Path: "/run/sandbox.json"}, nativeFlags{}), problem.ExitFailed, []string{"bff: No sandbox was found: The sandbox described in /run/sandbox.json does not respond. Start one"}},
		"settings":       {fail(&config.InvalidError{Errors: []string{"BFF_X is unknown"}}, nativeFlags{}), problem.ExitUsage, []string{"bff: the configuration has errors:\n  - BFF_X is unknown\n"}},
		"storage lost":   {fail(&db.UnavailableError{Cause: errors.New("disk gone"), Unknown: true}, nativeFlags{}), problem.ExitFailed, []string{"whether the change was made is unknown: disk gone"}},
		"keyring locked": {fail(fmt.Errorf("%w: %w", native.ErrKeyringUnavailable, errors.New("locked")), nativeFlags{}), problem.ExitFailed, []string{"bff: The keyring does not respond: Nothing was changed. Unlock the keyring"}},
		"a proxy":        {fail(fmt.Errorf("list: %w", blocked), nativeFlags{}), problem.ExitFailed, []string{"The proxy " + dead + " cannot be reached: no connection. Nothing was sent"}},
		"Ctrl-C":         {fail(context.Canceled, nativeFlags{}), problem.ExitInterrupted, []string{"Interrupted: The command was interrupted."}},
		"the cause":      {fail(errors.New("disk on fire"), nativeFlags{}), problem.ExitFailed, []string{"disk on fire"}},
		"a full house":   {full, problem.ExitKeyLimit, []string{"ACME_API_KEY_1 is no longer used: delete it at http://127.0.0.1:8082/console/account/api"}},
	} {
		var stderr bytes.Buffer
		if got := report(test.err, &stderr); got != test.exit {
			t.Errorf("%s: got exit code %d, want %d", name, got, test.exit)
		}

		for _, want := range test.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: %q lacks %q", name, stderr.String(), want)
			}
		}

		for sentence := range strings.SplitSeq(stderr.String(), ": ") {
			if strings.Count(strings.ToLower(stderr.String()), strings.ToLower(sentence)+": ") > 1 {
				t.Errorf("%s: %q appears twice: %q", name, sentence, stderr.String())
			}
		}

		if strings.Contains(stderr.String(), "/api/v1") || strings.Contains(stderr.String(), "request id") {
			t.Errorf("%s: speaks of the API: %q", name, stderr.String())
		}
	}
}

// blockedByProxy is the error of a call to Upstash through a proxy that is not there.
func blockedByProxy(t *testing.T) (proxy string, err error) {
	t.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()

	proxies, faults := egress.Parse([]string{"HTTPS_PROXY=http://me:hunter2@" + address})
	if len(faults) != 0 {
		t.Fatal(faults)
	}

	client, err := upstash.New(upstash.Options{BaseURL: "https://api.example.com", Proxies: proxies})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateKey(t.Context(), "", secret.New("token"), "ACME_API_KEY_1")

	return "http://" + address, err
}
