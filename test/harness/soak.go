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
