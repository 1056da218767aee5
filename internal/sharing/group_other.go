//go:build !unix

package sharing

import "io/fs"

// Files have no group on this platform.
func groupOf(string) (uint32, bool) { return 0, false }

func throughGroup(string) bool { return false }

func owns(fs.FileInfo) bool { return true }

func sameOwner(fs.FileInfo, fs.FileInfo) bool { return true }

func inGroup(fs.FileInfo, uint32) bool { return false }
