//go:build !killpoints

package killpoint

import "time"

// Reach does nothing in this build.
func Reach(Point) {}

// Lease returns the lease given.
func Lease(standard time.Duration) time.Duration { return standard }

// Shared reports that a database belongs to one server.
func Shared() bool { return false }
