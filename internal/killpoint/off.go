//go:build !killpoints

package killpoint

import "time"

// Reach does nothing in this build.
func Reach(Point) {}

// Lease returns standard.
func Lease(standard time.Duration) time.Duration { return standard }

// Shared reports false: only one server may open a database file.
func Shared() bool { return false }
