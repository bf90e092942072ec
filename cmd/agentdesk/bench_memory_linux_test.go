package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentdesk/store"
)

// BenchmarkMemory is the resident memory of a real `agentdesk serve`, a process of its own: idle after the start, and with
// a thousand pages looking on and nothing to do (50 people with 20 pages each).
func BenchmarkMemory(b *testing.B) {
	f := open(b)
	people := f.agents(b, 50)
	f.stop() // its data directory, its settings and its Meta serve the process
	binary := filepath.Join(b.TempDir(), "agentdesk")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	desk := exec.Command(binary, "serve")
	for name, value := range f.env {
		if name != "AGENTDESK_BASE_URL" {
			desk.Env = append(desk.Env, name+"="+value)
		}
	}
	log, err := desk.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := desk.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	b.Cleanup(func() {
		if err := desk.Process.Signal(syscall.SIGTERM); err != nil {
			b.Error(err)
		}
		if err := <-ended; err != nil {
			b.Errorf("the desk ended: %v", err)
		}
	})
	address, said := readyAt(log)
	go func() {
		<-said // Wait closes the pipe
		ended <- desk.Wait()
	}()
	var base string
	select {
	case base = <-address:
	case <-time.After(patience):
		b.Fatal("the desk never got ready")
	}

	b.ReportMetric(0, "ns/op")
	b.ReportMetric(resident(b, desk.Process.Pid), "idle-MB")
	pages := 0
	for _, who := range people {
		pages += watchOften(b, base, who, 20)
	}
	b.ReportMetric(resident(b, desk.Process.Pid), fmt.Sprintf("%d-sockets-MB", pages))
}

// readyAt reads a desk's log to its end; address gets where it listens, said is closed at the end.
func readyAt(log io.Reader) (address <-chan string, said <-chan struct{}) {
	found, done := make(chan string, 1), make(chan struct{})
	ready := regexp.MustCompile(`msg=ready address=(\S+)`)
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if match := ready.FindStringSubmatch(lines.Text()); match != nil {
				found <- match[1]
			}
		}
	}()
	return found, done
}

func watchOften(b *testing.B, base string, who store.Agent, pages int) int {
	b.Helper()
	v := signInAt(b, base, base, who)
	for range pages {
		v.watch(b, 0, 0, func([]byte) {})
	}
	v.client.CloseIdleConnections()
	return pages
}

// resident is a process's resident memory in MB, once it has stopped moving by more than a percent for a second.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	last, calm := 0.0, 0
	for deadline := time.Now().Add(patience); calm < 67 && time.Now().Before(deadline); pause() {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			b.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		if now := kilobytes / 1024; now > last*1.01 || now < last*0.99 {
			last, calm = now, 0
		} else {
			calm++
		}
	}
	return last
}
