package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	readBuffer = 32 << 10
	patience   = 30 * time.Second // of one request
)

// Plan is one measurement. Addr, Connections, Next, Status and Meter are required.
type Plan struct {
	Addr        string
	Connections int
	Warm, For   time.Duration // For 0: until Next has no more requests, without warming up
	// Next returns the request that connection worker sends next; nil ends that connection. It may use scratch.
	Next   func(worker int, scratch []byte) []byte
	Status int   // that every response must have
	Least  int64 // bytes that every body must have at least
	// Meter is called at both ends of the measured time, while the connections are open.
	Meter func() (time.Duration, error)
}

// Result has the measurements. Latencies are in microseconds.
type Result struct {
	Requests int
	Elapsed  time.Duration
	CPU      time.Duration
	Latency  *hdrhistogram.Histogram
}

// CPUMicros is the CPU time of one request in microseconds.
func (r Result) CPUMicros() float64 {
	return float64(r.CPU.Microseconds()) / float64(max(r.Requests, 1))
}

// PerSecond is the throughput.
func (r Result) PerSecond() float64 { return float64(r.Requests) / max(r.Elapsed.Seconds(), 1e-9) }

// Millis is the latency at a percentile, in milliseconds.
func (r Result) Millis(percentile float64) float64 {
	return float64(r.Latency.ValueAtPercentile(percentile)) / 1000
}

type phase int32

const (
	warming phase = iota
	measuring
	ended
)

type run struct {
	plan  Plan
	phase atomic.Int32
	fault atomic.Pointer[error]
	stop  context.CancelFunc
}

// Run executes a plan. Any response that differs from the plan ends it with an error.
func Run(ctx context.Context, plan Plan) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{plan: plan, stop: cancel}

	counted := plan.For == 0
	if counted {
		r.phase.Store(int32(measuring))
	}

	conns, err := r.dialAll(ctx)
	if err != nil {
		return Result{}, err
	}

	var before time.Duration
	if counted {
		if before, err = plan.Meter(); err != nil {
			return Result{}, err
		}
	}
	start := time.Now()

	latencies := make([][]int64, plan.Connections)

	var workers sync.WaitGroup
	for n := range plan.Connections {
		workers.Go(func() { latencies[n] = r.work(ctx, n, conns[n]) })
	}

	if !counted {
		sleep(ctx, plan.Warm)

		before, err = plan.Meter()
		r.phase.Store(int32(measuring))
		start = time.Now()
		sleep(ctx, plan.For)
	} else {
		workers.Wait()
	}
	r.phase.Store(int32(ended))
	elapsed := time.Since(start)
	after, errAfter := plan.Meter()

	interrupted := ctx.Err()
	workers.Wait()
	cancel()

	if fault := r.fault.Load(); fault != nil {
		return Result{}, *fault
	}

	if err := errors.Join(err, errAfter, interrupted); err != nil {
		return Result{}, err
	}

	return gather(latencies, elapsed, after-before)
}

func gather(latencies [][]int64, elapsed, cpu time.Duration) (Result, error) {
	result := Result{Elapsed: elapsed, CPU: cpu, Latency: hdrhistogram.New(1, patience.Microseconds(), 3)}
	for _, of := range latencies {
		for _, micros := range of {
			if err := result.Latency.RecordValue(min(micros, patience.Microseconds())); err != nil {
				return Result{}, err
			}
		}
		result.Requests += len(of)
	}

	if result.Requests == 0 {
		return Result{}, errors.New("no request was answered in the measured time")
	}

	return result, nil
}

func (r *run) dialAll(ctx context.Context) ([]net.Conn, error) {
	conns := make([]net.Conn, r.plan.Connections)
	for n := range conns {
		var err error
		if conns[n], err = dial(ctx, r.plan.Addr); err != nil {
			for _, open := range conns[:n] {
				_ = open.Close()
			}

			return nil, err
		}
	}

	return conns, nil
}

func dial(ctx context.Context, addr string) (net.Conn, error) {
	return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", addr)
}

// work serves one connection: a request, its response, the next request.
func (r *run) work(ctx context.Context, worker int, conn net.Conn) (latencies []int64) {
	defer func() { _ = conn.Close() }()

	latencies = make([]int64, 0, 1<<12)
	reader := bufio.NewReaderSize(conn, readBuffer)
	scratch := make([]byte, 0, 4<<10)

	for phase(r.phase.Load()) != ended && ctx.Err() == nil {
		request := r.plan.Next(worker, scratch[:0])
		if request == nil {
			return latencies
		}
		start := time.Now()

		answer, err := r.exchange(conn, reader, request, start)
		if err != nil {
			r.fail(err)
			return nil
		}

		// a request sent before the measured time began counts; one without a response at its end does not
		if phase(r.phase.Load()) == measuring || r.plan.For == 0 {
			latencies = append(latencies, time.Since(start).Microseconds())
		}

		if answer.Close {
			_ = conn.Close()
			if conn, err = dial(ctx, r.plan.Addr); err != nil {
				r.fail(err)
				return nil
			}
			reader.Reset(conn)
		}
	}

	return latencies
}

func (r *run) exchange(conn net.Conn, reader *bufio.Reader, request []byte, start time.Time) (Response, error) {
	if err := conn.SetDeadline(start.Add(patience)); err != nil {
		return Response{}, err
	}

	if _, err := conn.Write(request); err != nil {
		return Response{}, err
	}

	answer, err := ReadResponse(reader)
	if err != nil {
		return Response{}, err
	}

	if answer.Status != r.plan.Status || answer.Body < r.plan.Least {
		return Response{}, fmt.Errorf("got an answer of status %d with %d bytes; want %d with %d or more",
			answer.Status, answer.Body, r.plan.Status, r.plan.Least)
	}

	return answer, nil
}

func (r *run) fail(err error) {
	r.fault.CompareAndSwap(nil, &err)
	r.stop()
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()

	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
