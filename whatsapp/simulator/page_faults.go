package simulator

import (
	"net/http"
	"strconv"
	"time"
)

// switchView is a fault as the page shows it.
type switchView struct {
	name, title, help, icon string
	on                      bool
	set                     func(on bool)
}

// nextFaults are about deliveries, metaFaults about how Meta answers, rareFaults what is asked for less.
func (s *Simulator) nextFaults() []switchView {
	f, now := s.faults, s.faults.snapshot()
	return []switchView{
		{name: "duplicate", title: "Ten times", help: "the same delivery, ten copies", icon: "copy", on: now.duplicates > 1,
			set: func(on bool) { f.DuplicateNext(count(on, 10)) }},
		{name: "reorder", title: "Out of order", help: "the next three, newest first", icon: "shuffle", on: now.reorder > 0,
			set: func(on bool) { f.Reorder(count(on, 3)) }},
		{name: "late", title: "3 h late", help: "with its old timestamp", icon: "history", on: now.late > 0,
			set: func(on bool) { f.LateNext(time.Duration(count(on, 3)) * time.Hour) }},
		{name: "status-first", title: "Status first", help: "before the send is answered", icon: "check-check", on: now.statusFirst > 0,
			set: func(on bool) { f.StatusFirst(count(on, 1)) }},
	}
}

func (s *Simulator) metaFaults() []switchView {
	f, now := s.faults, s.faults.snapshot()
	return []switchView{
		{name: "lose", title: "Lost answer", help: "takes the message, never says so", icon: "circle-question-mark", on: now.lose > 0,
			set: func(on bool) { f.LoseAnswer(count(on, 1)) }},
		{name: "down", title: "Down", help: "503 to everything, until released", icon: "wifi-off", on: now.down, set: f.Down},
		{name: "rate-limit", title: "Rate limit", help: "refuses every send, 130429", icon: "coins", on: now.rateLimit, set: f.RateLimit},
		{name: "token", title: "Token dead", help: "refuses every call, 190", icon: "key-round", on: now.tokenDead, set: f.TokenDead},
	}
}

func (s *Simulator) rareFaults() []switchView {
	f, now := s.faults, s.faults.snapshot()
	return []switchView{
		{name: "half", title: "Half an answer", help: "takes the message, breaks off", icon: "circle-dashed", on: now.half > 0,
			set: func(on bool) { f.HalfAnswer(count(on, 1)) }},
		{name: "hang", title: "Slow answer", help: "takes the message, waits 60 s", icon: "clock", on: now.hang > 0,
			set: func(on bool) { f.HangAnswer(count(on, 1), time.Minute) }},
		{name: "error-after", title: "500, but taken", help: "the next send", icon: "circle-alert", on: now.errorAfter > 0,
			set: func(on bool) { f.Error500(count(on, 1), true) }},
		{name: "error-before", title: "500, not taken", help: "the next send", icon: "circle-off", on: now.errorBefore > 0,
			set: func(on bool) { f.Error500(count(on, 1), false) }},
		{name: "no-statuses", title: "No statuses", help: "ticks stay away", icon: "moon", on: now.noStatuses, set: f.NoStatuses},
		{name: "window-status", title: "Window as status", help: "131047 comes afterwards", icon: "hourglass", on: now.windowAsStatus,
			set: f.WindowAsStatus},
	}
}

// failCodes are the refusals that the page offers for the next send.
var failCodes = []int{131026, 131047, 131042, 131031, 131048, 131049, 131000, 131016, 130472, 132015, 80007, 131056, 131057, 368, 100}

func count(on bool, n int) int {
	if on {
		return n
	}
	return 0
}

// setFault switches one fault, or arms a refusal with a code.
func (s *Simulator) setFault(r *http.Request, _ phone) bool {
	name := r.PostFormValue("fault")
	if code, err := strconv.Atoi(r.PostFormValue("code")); err == nil {
		switch name {
		case "fail-send":
			s.faults.FailSend(code, 1)
		case "fail-status":
			s.faults.FailStatus(code, 1)
		}
		return true
	}
	for _, group := range [][]switchView{s.nextFaults(), s.metaFaults(), s.rareFaults()} {
		for _, fault := range group {
			if fault.name == name {
				fault.set(!fault.on)
			}
		}
	}
	return true
}
