package api

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/inflight"
)

// Writers that share a commit run each other's work. After a panic, the caller's log contains its type and location.
func TestPanicOfASharedCallIsLogged(t *testing.T) {
	var out bytes.Buffer
	s := &Server{options: Options{Logger: slog.New(slog.NewTextHandler(&out, nil))}}

	c := echo.New().NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())
	s.begin(c)

	err := func() (err error) {
		defer s.recover(c, &err)
		panic(&inflight.PanicError{Type: "runtime.boundsError", Stack: []byte("where it broke")})
	}()
	if err == nil {
		t.Error("got no error")
	}

	if log := out.String(); !strings.Contains(log, "type=runtime.boundsError") || !strings.Contains(log, "where it broke") {
		t.Errorf("got log %s, want the panic of the shared call", log)
	}
}
