//go:build !((dragonfly && cgo) || (freebsd && cgo) || linux || netbsd || openbsd)

package native

// check does nothing: the keyring is part of the system, and needs no service.
func (SystemKeyring) check() error { return nil }

// noService always reports false.
func noService(error) bool { return false }
