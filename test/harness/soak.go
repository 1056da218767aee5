package harness

import "os"

// Soak reports whether the long tests run (make soak): every direction, step and round. The short tests run one of each
// and keep `make test` fast.
func Soak() bool { return os.Getenv("SOAK") == "1" }

// Short returns the first few in short tests, and all in long ones.
func Short[T any](all []T, few int) []T {
	if Soak() {
		return all
	}

	return all[:min(few, len(all))]
}

// shares is how many short tests cover a list together.
const shares = 4

// Share returns every fourth of all in short tests, beginning at another one each turn, so that four turns cover the
// list. It returns all in long tests.
func Share[T any](all []T, turn int) []T {
	if Soak() {
		return all
	}

	var some []T
	for n := turn % shares; n < len(all); n += shares {
		some = append(some, all[n])
	}

	return some
}
