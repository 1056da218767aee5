package server

import (
	"log/slog"
	"net/http"
	"reflect"
	"testing"
	"time"
)

func TestH05TheUsualBoundsAreSet(t *testing.T) {
	bounds := UsualBounds()
	server := newHTTPServer(http.NotFoundHandler(), bounds, slog.New(slog.DiscardHandler))
	got := Bounds{server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout, server.MaxHeaderBytes}
	if !reflect.DeepEqual(got, bounds) {
		t.Errorf("the server has %+v, want %+v", got, bounds)
	}
	for name, most := range map[string]struct{ got, most time.Duration }{
		"header": {bounds.Header, 15 * time.Second}, "read": {bounds.Read, time.Minute}, "write": {bounds.Write, 2 * time.Minute}, "idle": {bounds.Idle, 5 * time.Minute},
	} {
		if most.got <= 0 || most.got > most.most {
			t.Errorf("%s: got %s, want more than none and at most %s", name, most.got, most.most)
		}
	}
}
