//go:build unix

package upstash_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestMain is the server of BenchmarkListCPU when an environment variable is set: a separate process, so that its CPU
// time does not count.
func TestMain(m *testing.M) {
	count, err := strconv.Atoi(os.Getenv("BENCH_FAR_END"))
	if err != nil {
		os.Exit(m.Run())
	}

	body := "[" + strings.TrimSuffix(strings.Repeat(vendorDatabase+",", count), ",") + "]"

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(listener.Addr())

	go func() { // it ends with the benchmark
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()

	_ = http.Serve(listener, says(http.StatusOK, body))
}

// farEnd starts a far end that lists so many databases.
func farEnd(b *testing.B, count int) string {
	b.Helper()

	process := exec.CommandContext(b.Context(), os.Args[0])
	process.Env = append(os.Environ(), "BENCH_FAR_END="+strconv.Itoa(count))

	in, err := process.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}

	out, err := process.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}

	if err := process.Start(); err != nil {
		b.Fatal(err)
	}

	b.Cleanup(func() {
		_ = in.Close()
		_ = process.Wait()
	})

	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}

	return "http://" + strings.TrimSpace(address)
}

func processCPU(b *testing.B) float64 {
	b.Helper()

	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}

	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1000
}

// BenchmarkListCPU is what a list costs this process, the kernel's part included, while the far end is another one.
func BenchmarkListCPU(b *testing.B) {
	for _, count := range []int{10, 1000} {
		client := newClient(b, farEnd(b, count))

		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%d databases/%d callers", count, callers), func(b *testing.B) {
				b.ReportAllocs()
				b.SetParallelism(callers)

				var start float64

				list := func(caller int) {
					whose := somebody
					whose.Account = strconv.Itoa(caller)

					if got, err := client.List(b.Context(), whose); err != nil || len(got.Databases) != count {
						b.Error(len(got.Databases), err)
					}
				}
				list(0)

				start = processCPU(b)
				b.ResetTimer()

				if callers == 1 {
					for range b.N {
						list(0)
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for n := 0; pb.Next(); n++ {
							list(n % 100)
						}
					})
				}
				b.ReportMetric((processCPU(b)-start)/float64(b.N), "cpu-us/op")
			})
		}
	}
}
