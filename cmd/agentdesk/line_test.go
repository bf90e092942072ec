package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// line is the wire between the browsers and the desk. It can be cut, as a bad network cuts it: in the middle of anything.
type line struct {
	addr string

	mu     sync.Mutex
	to     string
	down   bool
	conns  map[net.Conn]struct{}
	copies sync.WaitGroup
}

func newLine(t testing.TB) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{addr: listener.Addr().String(), conns: map[net.Conn]struct{}{}}
	l.copies.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			l.copies.Go(func() { l.carry(from) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.cut(true)
		l.copies.Wait()
	})
	return l
}

func (l *line) carry(from net.Conn) {
	defer from.Close()
	l.mu.Lock()
	target, down := l.to, l.down
	l.mu.Unlock()
	if down {
		return
	}
	to, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer to.Close()
	l.mu.Lock()
	l.conns[from], l.conns[to] = struct{}{}, struct{}{}
	l.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { io.Copy(to, from); to.Close() })
	both.Go(func() { io.Copy(from, to); from.Close() })
	both.Wait()
	l.mu.Lock()
	delete(l.conns, from)
	delete(l.conns, to)
	l.mu.Unlock()
}

func (l *line) connect(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = addr
}

// cut breaks every connection; stay keeps new ones from being made until mend.
func (l *line) cut(stay bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = stay
	for conn := range l.conns {
		conn.Close()
	}
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}
