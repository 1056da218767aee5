package api

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/proxy"
)

// The API document lists every reason, and explains it.
func TestPingReasonsAreDocumented(t *testing.T) {
	field, _ := reflect.TypeFor[PingResponse]().FieldByName("Reason")
	_, listed, _ := strings.Cut(field.Tag.Get("extensions"), "x-extensible-enum=")

	if diff := cmp.Diff(proxy.PingReasons(), strings.Split(listed, "|")); diff != "" {
		t.Errorf("reasons (-known +documented):\n%s", diff)
	}
}

func TestLatencyIsRoundedUp(t *testing.T) {
	for took, want := range map[time.Duration]int64{
		0: 1, time.Nanosecond: 1, time.Millisecond: 1, time.Millisecond + 1: 2, 5 * time.Second: 5000,
	} {
		if got := pingResponse(proxy.Ping{Reachable: true, Latency: took}).LatencyMS; got != want {
			t.Errorf("%s: got %d ms, want %d", took, got, want)
		}
	}

	if got := pingResponse(proxy.Ping{Reason: "timeout"}); got.LatencyMS != 0 || got.Reachable {
		t.Errorf("got %+v, want no time", got)
	}
}
