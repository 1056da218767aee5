package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/config"
)

// A server that ends writes out the access lines that wait: those of the requests that it was drained of.
func TestTheLastAccessLinesAreWritten(t *testing.T) {
	var out bytes.Buffer

	logger, flush := program{stderr: &out}.newLogger(&config.Config{LogFormat: "json"})
	logger.Info(api.AccessMessage, "n", 1)
	logger.Info(api.AccessMessage, "n", 2)
	flush()

	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, `"n":2`) {
		t.Errorf("got %q, want both lines", got)
	}
}
