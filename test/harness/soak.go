package harness

import "os"

// Soak reports whether the long forms are asked for (make soak): every direction, step and round. The short forms keep
// `make test` quick: they take one of each.
func Soak() bool { return os.Getenv("SOAK") == "1" }

// Short is the first few of all in the short form, and all of them in the long one.
func Short[T any](all []T, few int) []T {
	if Soak() {
		return all
	}

	return all[:min(few, len(all))]
}
