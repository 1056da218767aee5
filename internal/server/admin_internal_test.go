package server

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

func TestAdminListenerBeyondLoopbackLogsAWarning(t *testing.T) {
	for address, warned := range map[string]bool{"127.0.0.1:0": false, "[::1]:0": false, "0.0.0.0:0": true, ":0": true} {
		var log bytes.Buffer

		listener, err := listenAdmin(
			t.Context(), &config.Config{AdminListen: address}, slog.New(slog.NewTextHandler(&log, nil)),
		)
		if err != nil {
			t.Logf("%s: %v", address, err) // a machine without IPv6
			continue
		}
		_ = listener.Close()

		if got := strings.Contains(log.String(), "beyond this machine"); got != warned {
			t.Errorf("%s: warned: %t, want %t (%s)", address, got, warned, log.String())
		}
	}
}
