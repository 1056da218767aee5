//go:build linux

package desktop_test

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/upstash-connect/bff/internal/desktop"
)

// A user is present at a display that responds, and not over ssh. A browser can be shown on any display, and where
// the environment configures one.
func TestWhoSitsAtADisplay(t *testing.T) {
	runtimeDir := t.TempDir()
	var config net.ListenConfig

	compositor, err := config.Listen(t.Context(), "unix", filepath.Join(runtimeDir, "wayland-0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = compositor.Close() })

	for name, test := range map[string]struct {
		environ           []string
		attended, browser bool
	}{
		"a desktop":             {[]string{"WAYLAND_DISPLAY=wayland-0", "XDG_RUNTIME_DIR=" + runtimeDir}, true, true},
		"by its path":           {[]string{"WAYLAND_DISPLAY=" + runtimeDir + "/wayland-0"}, true, true},
		"X of another machine":  {[]string{"DISPLAY=desk:0"}, true, true},
		"ssh":                   {[]string{"SSH_CONNECTION=x"}, false, false},
		"ssh with a display":    {[]string{"SSH_CONNECTION=x", "DISPLAY=localhost:10.0"}, false, true},
		"a remote editor":       {[]string{"SSH_CONNECTION=x", "BROWSER=open-there"}, false, true},
		"a container":           {nil, false, false},
		"a display that is not": {[]string{"DISPLAY=:4711"}, false, true},
		"a compositor no more":  {[]string{"WAYLAND_DISPLAY=wayland-1", "XDG_RUNTIME_DIR=" + runtimeDir}, false, true},
		"Windows' Linux":        {[]string{"WSL_DISTRO_NAME=Debian"}, false, true},
	} {
		if got := desktop.CanPrompt(test.environ); got != test.attended {
			t.Errorf("%s: somebody sits there: %t", name, got)
		}

		if got := desktop.HasBrowser(test.environ); got != test.browser {
			t.Errorf("%s: a browser can be seen: %t", name, got)
		}
	}
}
