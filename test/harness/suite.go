package harness

import (
	"flag"
	"runtime"
	"strconv"
	"testing"
)

// Suite runs a package's tests, then removes the binary that they built. Use it in TestMain.
type Suite struct{ *testing.M }

// Run returns the exit code of the tests.
func (s Suite) Run() int {
	defer RemoveBinary()
	raiseParallelism()

	return s.M.Run()
}

// raiseParallelism runs two tests per processor, unless -parallel is set: most tests wait for a server to time out or a
// deadline to pass, and would leave processors idle.
func raiseParallelism() {
	parallel := flag.Lookup("test.parallel")
	flag.Parse()

	if standard := strconv.Itoa(runtime.GOMAXPROCS(0)); parallel.Value.String() == standard {
		_ = parallel.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))) // a valid number
	}
}
