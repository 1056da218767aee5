package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/upstash-connect/bff/test/harness"
)

// sandboxProcess is a real `bff sandbox`, on ports that it remembers in its directory.
type sandboxProcess struct {
	*exec.Cmd
	readyLine
	took time.Duration
}

func startSandboxProcess(tb testing.TB, dir string, flags ...string) *sandboxProcess {
	tb.Helper()
	harness.BinaryUsed.Store(true)

	path, err := harness.Binary()
	if err != nil {
		tb.Fatal(err)
	}
	p := &sandboxProcess{Cmd: exec.CommandContext(context.WithoutCancel(tb.Context()), path, append([]string{
		"sandbox",
		"--data-dir",
		dir,
		"--listen",
		"127.0.0.1:0",
		"--issuer-listen",
		"127.0.0.1:0",
		"--upstash-listen",
		"127.0.0.1:0",
		"--control-listen",
		"127.0.0.1:0",
		"--redis-listen",
		"127.0.0.1:0",
	}, flags...)...)}
	p.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + dir}
	var complaints bytes.Buffer
	p.Stderr = &complaints

	stdout, err := p.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	start := time.Now()

	if err := p.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = p.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')

	p.took = time.Since(start)
	if err != nil || json.Unmarshal(line, &p.readyLine) != nil || !p.Ready {
		_ = p.Wait()
		tb.Fatalf("not ready: %q, %v, %s", line, err, &complaints)
	}

	return p
}

// end sends a signal and waits.
func (p *sandboxProcess) end(tb testing.TB, signal syscall.Signal) {
	tb.Helper()

	if err := p.Process.Signal(signal); err != nil {
		tb.Fatal(err)
	}

	if err := p.Wait(); signal == syscall.SIGTERM && err != nil {
		tb.Fatalf("ended with %v", err)
	}
}

// post sends JSON and reads JSON.
func (p *sandboxProcess) post(tb testing.TB, url, authorization, body string) map[string]any {
	tb.Helper()

	request, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Authorization", authorization)

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()

	text, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}

	var answer map[string]any
	if json.Unmarshal(text, &answer) != nil || response.StatusCode != http.StatusOK {
		tb.Fatalf("%s: got %d %s", url, response.StatusCode, text)
	}

	return answer
}

const ownerEmail = "owner@example.com"

// credential is a developer key for one account, as Basic auth.
func (p *sandboxProcess) credential(tb testing.TB) string {
	tb.Helper()
	token := p.post(tb, p.Control+"/tokens", "", `{"email":"`+ownerEmail+`"}`)["access_token"].(string)
	key := p.post(tb, p.Upstash+"/apikey", "Bearer "+token, fmt.Sprintf(`{"name":"KEY_%d"}`, time.Now().UnixNano()))["api_key"].(string)

	return "Basic " + base64.StdEncoding.EncodeToString([]byte(ownerEmail+":"+key))
}

// createRedis makes a database and returns its password.
func (p *sandboxProcess) createRedis(tb testing.TB, credential, name string) string {
	tb.Helper()
	made := p.post(
		tb,
		p.Upstash+"/v2/redis/database",
		credential,
		`{"database_name":"`+name+`","platform":"aws","primary_region":"us-east-1"}`,
	)

	return made["password"].(string)
}

func (p *sandboxProcess) dialRedis(tb testing.TB, password string) *redis.Client {
	tb.Helper()
	client := redis.NewClient(
		&redis.Options{Addr: strings.TrimPrefix(p.Redis, "redis://"), Password: password, PoolSize: 1},
	)
	tb.Cleanup(func() { _ = client.Close() })

	return client
}

func TestASandboxThatIsStoppedOrKilledKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startSandboxProcess(t, dir)
	password := p.createRedis(t, p.credential(t), "mine")
	client := p.dialRedis(t, password)
	set := func(key string) {
		t.Helper()

		if err := client.Set(t.Context(), key, key, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(keys ...string) {
		t.Helper()

		for _, key := range keys {
			got, err := client.Get(t.Context(), key).Result()
			if left := client.TTL(t.Context(), key).Val(); err != nil || got != key || left <= 0 || left > time.Hour {
				t.Errorf("%s: got %q, %v, for %s", key, got, err, left)
			}
		}
	}
	set("before the stop")
	p.end(t, syscall.SIGTERM)
	p = startSandboxProcess(t, dir)
	kept("before the stop")
	set("before the kill")
	awaitFileNewerThan(t, dir, time.Now())
	p.end(t, syscall.SIGKILL)
	p = startSandboxProcess(t, dir)
	kept("before the stop", "before the kill")
	p.end(t, syscall.SIGTERM)
}

// awaitFileNewerThan waits until a database was written after a moment.
func awaitFileNewerThan(t *testing.T, dir string, moment time.Time) {
	t.Helper()

	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		files, err := os.ReadDir(dir + "/sandbox/redis")
		if err != nil {
			t.Fatal(err)
		}

		for _, file := range files {
			info, err := file.Info()
			if err == nil && strings.HasSuffix(file.Name(), ".data") &&
				info.ModTime().After(moment.Add(-10*time.Millisecond)) {
				return
			}
		}
	}
	t.Fatal("nothing was written")
}

// BenchmarkSandbox is what 500 databases cost the real process: its memory and goroutines when each holds some keys and
// was used, and how long it takes until it is ready, on a directory with them and on a fresh one.
func BenchmarkSandbox(b *testing.B) {
	const databases, keys = 500, 20
	dir := b.TempDir()
	p := startSandboxProcess(b, dir)
	idle := residentMB(b, p)

	credential := p.credential(b)
	for n := range databases {
		client := p.dialRedis(b, p.createRedis(b, credential, fmt.Sprintf("db-%d", n)))

		_, err := client.Pipelined(b.Context(), func(pipe redis.Pipeliner) error {
			for k := range keys {
				pipe.Set(b.Context(), fmt.Sprintf("key-%d", k), strings.Repeat("v", 100), 0)
			}

			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	used := residentMB(b, p)
	p.end(b, syscall.SIGTERM)

	var onFull, onFresh time.Duration

	runs := 0
	for b.Loop() {
		full := startSandboxProcess(b, dir)
		full.end(b, syscall.SIGTERM)
		fresh := startSandboxProcess(b, b.TempDir())
		fresh.end(b, syscall.SIGTERM)
		onFull, onFresh, runs = onFull+full.took, onFresh+fresh.took, runs+1
	}
	b.ReportMetric(idle, "MB-none")
	b.ReportMetric(used, "MB-500-connected")
	b.ReportMetric(float64(onFull.Milliseconds())/float64(runs), "ms-ready-500")
	b.ReportMetric(float64(onFresh.Milliseconds())/float64(runs), "ms-ready-fresh")
}

// residentMB is the memory of a process that the machine holds for it.
func residentMB(b *testing.B, p *sandboxProcess) float64 {
	b.Helper()

	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")

	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		b.Fatal(err)
	}

	return kilobytes / 1024
}
