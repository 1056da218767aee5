package harness

import (
	"flag"
	"runtime"
	"strconv"
	"testing"
)

// Suite runs a package's tests and removes afterwards what they built. Use it in TestMain.
type Suite struct{ *testing.M }

// Run returns the exit code of the tests.
func (s Suite) Run() int {
	defer RemoveBinary()
	runMoreAtOnce()

	return s.M.Run()
}

// runMoreAtOnce runs twice as many tests at once as there are processors, unless -parallel says how many: most of them
// wait, for a server to count as gone or a deadline to pass, and would keep the processors idle.
func runMoreAtOnce() {
	atOnce := flag.Lookup("test.parallel")
	flag.Parse()

	if usual := strconv.Itoa(runtime.GOMAXPROCS(0)); atOnce.Value.String() == usual {
		_ = atOnce.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))) // a number that is one
	}
}
