package desktop

import (
	"context"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// variable returns the first non-empty value of an environment variable.
func variable(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
			return value
		}
	}

	return ""
}

// HasDisplay reports whether this session has a display, as far as the environment shows. macOS and Windows always have
// one.
func HasDisplay(environ []string) bool {
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	}

	return variable(environ, "DISPLAY") != "" || variable(environ, "WAYLAND_DISPLAY") != ""
}

// CanPrompt reports whether a password prompt of the keyring reaches the user of the command. Over ssh it does not,
// even with a forwarded display: the prompt would appear on the remote desktop. Nor does it if a variable names a
// display that does not exist, as in a container that inherited the variable.
func CanPrompt(environ []string) bool {
	switch {
	case variable(environ, "SSH_CONNECTION") != "":
		return false
	case runtime.GOOS == "darwin", runtime.GOOS == "windows":
		return true
	}

	return accepts(waylandSocket(environ)) || acceptsX(variable(environ, "DISPLAY"))
}

// waylandSocket returns the path of the compositor's socket; empty if there is none.
func waylandSocket(environ []string) string {
	name := variable(environ, "WAYLAND_DISPLAY")
	if name == "" || filepath.IsAbs(name) {
		return name
	}

	return filepath.Join(variable(environ, "XDG_RUNTIME_DIR"), name)
}

// acceptsX reports whether an X server accepts connections. It assumes so for one on another machine.
func acceptsX(display string) bool {
	host, rest, named := strings.Cut(display, ":")
	if !named || (host != "" && host != "unix") {
		return named
	}
	number, _, _ := strings.Cut(rest, ".")
	socket := "/tmp/.X11-unix/X" + number

	return accepts(socket) || accepts("@"+socket)
}

func accepts(socket string) bool {
	if socket == "" {
		return false
	}

	dialer := net.Dialer{Timeout: time.Second}

	connection, err := dialer.DialContext(context.Background(), "unix", socket)
	if err != nil {
		return false
	}
	_ = connection.Close()

	return true
}

// HasBrowser reports whether the user can see a browser that is opened here: on a display, with BROWSER, which remote
// editors set to open one on the user's machine, or in WSL, which opens that of Windows. Otherwise a text browser would
// take over the terminal.
func HasBrowser(environ []string) bool {
	return HasDisplay(environ) || variable(environ, "BROWSER") != "" || variable(environ, "WSL_DISTRO_NAME") != ""
}
