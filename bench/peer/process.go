// Package peer starts the measured programs: the product, and what a partner would run instead.
package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startPatience = 60 * time.Second
	stopPatience  = 10 * time.Second
)

// Fleet is every process that a run has started. It is for one goroutine, and that one must stay on its thread
// (runtime.LockOSThread): the kernel ends the processes when the thread that started them does.
type Fleet struct {
	Dir string // for configuration, logs and data
	all []*Process
}

// Process is one that runs.
type Process struct {
	Name string
	PID  int
	stop syscall.Signal
	cmd  *exec.Cmd
	log  string
	over chan error
}

// Start starts a command whose output goes to its own log in the fleet's directory. It ends on the signal stop, and
// in any case when this program ends.
// tells it to, and in any case with us.
func (f *Fleet) Start(name string, command *exec.Cmd, stop syscall.Signal) (*Process, error) {
	logPath := filepath.Join(f.Dir, fmt.Sprintf("%s-%d.log", strings.ReplaceAll(name, " ", "-"), len(f.all)))

	output, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer func() { _ = output.Close() }()

	command.Stdout, command.Stderr = output, output
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	// its own group: only this program handles Ctrl-C
	command.SysProcAttr.Setpgid, command.SysProcAttr.Pdeathsig = true, syscall.SIGKILL

	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}

	p := &Process{
		Name: name, PID: command.Process.Pid, stop: stop, cmd: command, log: logPath, over: make(chan error, 1),
	}
	f.all = append(f.all, p)

	go func() { p.over <- command.Wait() }()

	return p, nil
}

// Stop ends a process and everything in its group.
func (p *Process) Stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(p.stop)

	select {
	case <-p.over: //nolint:errcheck // we ended it; its exit code does not matter
	case <-time.After(stopPatience):
	}
	_ = syscall.Kill(-p.PID, syscall.SIGKILL) // its remaining children
	p.cmd = nil
}

// StopAll ends the running processes, in reverse order.
func (f *Fleet) StopAll() {
	for n := len(f.all) - 1; n >= 0; n-- {
		f.all[n].Stop()
	}
	f.all = nil
}

// Answers waits until a GET of the URL returns the status, polling at this interval.
func (p *Process) Answers(ctx context.Context, url string, status int, every time.Duration) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	limit := time.Now().Add(startPatience)

	for time.Now().Before(limit) {
		if request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil); err != nil {
			return err
		} else if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == status {
				return nil
			}
		}

		select {
		case err := <-p.over:
			p.over <- err
			return p.failed("ended before it answered")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}

	return p.failed("did not answer in time")
}

func (p *Process) failed(what string) error {
	output, _ := os.ReadFile(p.log)
	return fmt.Errorf("%s %s:\n%s", p.Name, what, output[max(0, len(output)-2000):])
}

// FreePort finds a port of loopback that nobody uses.
func FreePort() (int, error) {
	ports, err := freePorts(1)
	if err != nil {
		return 0, err
	}

	return ports[0], nil
}

// freePorts finds several, all different.
func freePorts(count int) ([]int, error) {
	var (
		ports  []int
		opened []net.Listener
		faults []error
	)
	for range count {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			faults = append(faults, err)
			break
		}
		opened = append(opened, listener)
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}

	for _, listener := range opened {
		faults = append(faults, listener.Close())
	}

	return ports, errors.Join(faults...)
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// environment is the part of our environment that a started program gets.
func environment(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}, more...)
}

// firstLine is the first line of a command's version output.
func firstLine(ctx context.Context, name string, args ...string) string {
	output, err := exec.CommandContext(ctx, name, args...).CombinedOutput() //nolint:gosec // programs that we run anyway
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")

	return line
}
