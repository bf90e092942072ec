package whatsapp

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"agentdesk/store"
)

// GraphError is an error that Meta answered with (10). Decide on Code and Details, never on Message or Status.
type GraphError struct {
	Status     int // HTTP; 0 in webhooks
	Code       int
	Subcode    int
	Message    string
	Details    string
	Trace      string // fbtrace_id, which Meta's support asks for
	RetryAfter time.Duration
}

func (e *GraphError) Error() string {
	return fmt.Sprintf("Meta answered %d, code %d: %s (trace %s)", e.Status, e.Code, e.words(), e.Trace)
}

func (e *GraphError) words() string {
	if e.Details != "" {
		return e.Details
	}
	return e.Message
}

// CallError is a call without an answer that could be read: the network failed, or the answer is none of Meta's.
type CallError struct {
	Written    bool // some of the request may have reached Meta
	Status     int  // HTTP status, 0 if there was no answer
	RetryAfter time.Duration
	Err        error
}

func (e *CallError) Error() string {
	switch {
	case e.Status != 0:
		return fmt.Sprintf("answer with HTTP status %d: %v", e.Status, e.Err)
	case e.Written:
		return fmt.Sprintf("no answer: %v", e.Err)
	}
	return fmt.Sprintf("nothing sent: %v", e.Err)
}

func (e *CallError) Unwrap() error { return e.Err }

// fate is what becomes of a message after a call.
type fate int

const (
	refused fate = iota // Meta certainly did not take it and never will
	again               // Meta certainly did not take it; it may later
	unknown             // it cannot be known: a status settles it, or a person
	paused              // Meta did not take it, and will take nothing from this number for now
)

// rule is one row of the table of errors (10).
type rule struct {
	fate   fate
	reason store.FailReason
	pause  store.PauseReason
}

// ruleFor is the table. ok is false for codes it does not name. A failed status uses the same row: there the message is
// lost whatever the fate says, and only reason and pause count.
func ruleFor(code int) (r rule, ok bool) {
	switch code {
	case 4, 80007, 130429, 131056, 131057:
		return rule{fate: again, reason: store.FailTryAgain}, true // rejected before processing
	case 1, 2, 131000, 131016, 133004, 134102:
		return rule{fate: unknown, reason: store.FailTryAgain}, true // Meta's own trouble: it may have been taken
	case 613, 131208, 132069, 133000, 133015, 134101, 2494100:
		return rule{reason: store.FailTryAgain}, true

	case 0, 190:
		return rule{fate: paused, reason: store.FailNumber, pause: store.PauseToken}, true
	case 3, 10, 131005:
		return rule{fate: paused, reason: store.FailNumber, pause: store.PausePermission}, true
	case 131042, 131044:
		return rule{fate: paused, reason: store.FailNumber, pause: store.PausePayment}, true
	case 368, 131031:
		return rule{fate: paused, reason: store.FailNumber, pause: store.PauseRestricted}, true
	case 33, 131045, 133006, 133010:
		return rule{fate: paused, reason: store.FailNumber, pause: store.PauseNumber}, true
	case 131037:
		return rule{fate: paused, reason: store.FailNumber, pause: store.PauseName}, true

	case 131047:
		return rule{reason: store.FailWindowEnded}, true
	case 131026, 131036:
		return rule{reason: store.FailUnreachable}, true
	case 131030:
		return rule{reason: store.FailTestNumber}, true
	case 131062:
		return rule{reason: store.FailNeedsPhone}, true
	case 131050:
		return rule{reason: store.FailOptedOut}, true
	case 130472, 131049:
		return rule{reason: store.FailHeldByMeta}, true
	case 131048:
		return rule{reason: store.FailNumber}, true // spam limit: this one is lost, others may pass
	case 130403, 130497, 131021, 131063, 131064, 137000, 139200:
		return rule{reason: store.FailNotAllowed}, true
	case 131052, 131053:
		return rule{reason: store.FailMedia}, true
	case 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068:
		return rule{reason: store.FailTemplate}, true
	case 100, 131008, 131009, 131051, 131055, 135000:
		return rule{reason: store.FailOurs}, true
	}
	if code >= 200 && code <= 299 {
		return rule{fate: paused, reason: store.FailNumber, pause: store.PausePermission}, true
	}
	return rule{reason: store.FailNoMatchFound}, false
}

// failure says of a code in a failed status why the message did not arrive, and whether its number can go on.
func failure(code int) (store.FailReason, store.PauseReason) {
	r, _ := ruleFor(code)
	return r.reason, r.pause
}

// verdict is what an unsuccessful call means for its message.
type verdict struct {
	rule
	code    int
	details string
	after   time.Duration // fate again: Meta's own wish to wait, 0 if it has none
}

// classify judges the error of a send. Only what proves that Meta did not take the message lets it be sent again.
func classify(err error) verdict {
	var graph *GraphError
	if errors.As(err, &graph) {
		v := verdict{code: graph.Code, details: graph.words(), after: graph.RetryAfter}
		known := false
		if v.rule, known = ruleFor(graph.Code); !known {
			v.rule = ruleForStatus(graph.Status)
		}
		return v
	}
	var call *CallError
	if !errors.As(err, &call) {
		return verdict{rule: rule{reason: store.FailOurs}, details: err.Error()} // the request could not be made at all
	}
	v := verdict{details: call.Error(), after: call.RetryAfter}
	switch {
	case call.Status != 0:
		v.rule = ruleForStatus(call.Status)
	case call.Written:
		v.rule = rule{fate: unknown, reason: store.FailTryAgain}
	default:
		v.rule = rule{fate: again, reason: store.FailTryAgain}
	}
	return v
}

// ruleForStatus judges an answer by its HTTP status alone, where its code says nothing.
func ruleForStatus(status int) rule {
	switch {
	case status == http.StatusTooManyRequests:
		return rule{fate: again, reason: store.FailTryAgain}
	case status == http.StatusRequestTimeout:
		return rule{fate: unknown, reason: store.FailTryAgain}
	case status >= 400 && status < 500:
		return rule{fate: refused, reason: store.FailNoMatchFound}
	}
	return rule{fate: unknown, reason: store.FailTryAgain} // 5xx, a success that cannot be read, a redirect
}
