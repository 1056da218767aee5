package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/secret"
)

func TestTextHidesItsValueFromEveryPrinter(t *testing.T) {
	const canary = "canary-6b1f"
	holder := struct{ Key secret.Text }{secret.New(canary)}

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "holder", holder, "key", holder.Key)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "holder", holder, "key", holder.Key)

	encoded, err := json.Marshal(map[string]any{"h": holder, "p": &holder})
	if err != nil {
		t.Fatal(err)
	}

	printed := map[string]string{
		"percent v":       fmt.Sprintf("%v", holder),
		"percent plus v":  fmt.Sprintf("%+v", &holder),
		"percent sharp v": fmt.Sprintf("%#v", holder),
		"percent s":       fmt.Sprintf("%s", any(holder.Key)),
		"percent q":       fmt.Sprintf("%q", holder.Key),
		"error":           fmt.Errorf("with %v", holder).Error(),
		"slog":            log.String(),
		"json":            string(encoded),
	}
	for name, got := range printed {
		if strings.Contains(got, canary) {
			t.Errorf("%s shows the value: %s", name, got)
		}
	}

	if got := holder.Key.Reveal(); got != canary {
		t.Errorf("Reveal() = %q, want the value itself", got)
	}
}
