package desktop

import (
	"runtime"
	"strings"
)

// variable is an environment's value of a name: the first that is not empty.
func variable(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
			return value
		}
	}

	return ""
}

// HasDisplay reports whether this session has a display to open a window on. That of a Mac and of Windows always has,
// as far as an environment tells.
func HasDisplay(environ []string) bool {
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	}

	return variable(environ, "DISPLAY") != "" || variable(environ, "WAYLAND_DISPLAY") != ""
}

// Attended reports whether whoever runs the command sits at a display of this session. Over ssh nobody does, even with
// a display forwarded: what asks for a keyring's password is a program of the desktop's and would ask there.
func Attended(environ []string) bool {
	return HasDisplay(environ) && variable(environ, "SSH_CONNECTION") == ""
}
