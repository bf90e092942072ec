package simulator

import (
	"sync"
	"time"
)

// Faults make the simulator misbehave in the ways that Meta and networks do. Counted faults wear off; switches stay until
// they are switched back. The zero value is a Meta on a good day.
type Faults struct {
	mu sync.Mutex
	faultState
}

type faultState struct {
	duplicates   int
	late         time.Duration
	reorder      int
	held         []*delivery
	statusFirst  int
	lose         int
	half         int
	hang         int
	hangFor      time.Duration
	errorBefore  int
	errorAfter   int
	failSend     int
	failSendCode int
	failStatus   int
	failStatCode int

	down           bool
	tokenDead      bool
	noStatuses     bool
	rateLimit      bool
	windowAsStatus bool
}

// reorderPatience is how long held deliveries wait for others, in real time.
const reorderPatience = 5 * time.Second

// DuplicateNext sends the next delivery n times, all copies in parallel.
func (f *Faults) DuplicateNext(n int) { f.set(func() { f.duplicates = n }) }

// Reorder holds the next n deliveries and then sends them newest first. If fewer come, those go after five seconds.
func (f *Faults) Reorder(n int) { f.set(func() { f.reorder = n }) }

// LateNext gives the next message of a customer a timestamp d in the past, as a retry that took that long has.
func (f *Faults) LateNext(d time.Duration) { f.set(func() { f.late = d }) }

// StatusFirst lets the sent webhook of the next n sends arrive before the HTTP answer of the send.
func (f *Faults) StatusFirst(n int) { f.set(func() { f.statusFirst = n }) }

// LoseAnswer accepts the next n sends and then closes the connection without an answer.
func (f *Faults) LoseAnswer(n int) { f.set(func() { f.lose = n }) }

// HalfAnswer accepts the next n sends and breaks off in the middle of the answer.
func (f *Faults) HalfAnswer(n int) { f.set(func() { f.half = n }) }

// HangAnswer accepts the next n sends and answers only after d (real time), or never if the client leaves before.
func (f *Faults) HangAnswer(n int, d time.Duration) { f.set(func() { f.hang, f.hangFor = n, d }) }

// Error500 answers the next n sends with 500 and code 131000, after taking the message or without.
func (f *Faults) Error500(n int, afterAccept bool) {
	f.set(func() {
		if afterAccept {
			f.errorAfter = n
		} else {
			f.errorBefore = n
		}
	})
}

// FailSend refuses the next n sends with this Graph error code, with the HTTP status that belongs to it.
func (f *Faults) FailSend(code, n int) { f.set(func() { f.failSendCode, f.failSend = code, n }) }

// FailStatus accepts the next n sends and then reports them failed with this code.
func (f *Faults) FailStatus(code, n int) { f.set(func() { f.failStatCode, f.failStatus = code, n }) }

// Down answers everything with 503 and no JSON, and takes nothing.
func (f *Faults) Down(on bool) { f.set(func() { f.down = on }) }

// TokenDead refuses every call with 190.
func (f *Faults) TokenDead(on bool) { f.set(func() { f.tokenDead = on }) }

// NoStatuses keeps all status webhooks to itself.
func (f *Faults) NoStatuses(on bool) { f.set(func() { f.noStatuses = on }) }

// RateLimit refuses every send with 130429.
func (f *Faults) RateLimit(on bool) { f.set(func() { f.rateLimit = on }) }

// WindowAsStatus accepts what is sent outside the window and reports 131047 as a failed status (5.1 knows both).
func (f *Faults) WindowAsStatus(on bool) { f.set(func() { f.windowAsStatus = on }) }

// snapshot is what is set now.
func (f *Faults) snapshot() faultState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faultState
}

func (f *Faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// on reads a switch.
func (f *Faults) on(flag *bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return *flag
}

// take uses up one of a counted fault.
func (f *Faults) take(count *int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *count <= 0 {
		return false
	}
	*count--
	return true
}

func (f *Faults) takeDuplicates() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := max(f.duplicates, 1)
	f.duplicates = 0
	return n
}

func (f *Faults) takeLate() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.late
	f.late = 0
	return d
}

// takeCode uses up one of a counted fault that has a code, or returns 0.
func (f *Faults) takeCode(count, code *int) int {
	if !f.take(count) {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return *code
}

func (f *Faults) hangTime() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hangFor
}

// hold keeps d if deliveries are being reordered. batch is everything held once it is complete; started is true for the
// first of a batch.
func (f *Faults) hold(d *delivery) (kept bool, batch []*delivery, started bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reorder <= 0 {
		return false, nil, false
	}
	f.reorder--
	f.held = append(f.held, d)
	started = len(f.held) == 1
	if f.reorder == 0 {
		batch, f.held = f.held, nil
	}
	return true, batch, started && batch == nil
}

// takeHeld gives up waiting for more.
func (f *Faults) takeHeld() []*delivery {
	f.mu.Lock()
	defer f.mu.Unlock()
	batch := f.held
	f.held = nil
	if len(batch) > 0 {
		f.reorder = 0
	}
	return batch
}
