package simulator

import (
	"container/heap"
	"context"
	"hash/fnv"
	"sync"
	"time"
)

// queue runs jobs in lanes. Jobs of one key share a lane and run one after another, by due time and then in the order they
// came, so a customer's statuses stay in order while customers do not wait for each other. A failed webhook comes back
// later without holding up its lane: Meta does not promise order either (1.3).
type queue struct {
	mu      sync.Mutex
	lanes   []*lane
	seq     int64
	total   int
	dropped func()        // called when there were too many jobs and the oldest of a lane went
	pending int           // jobs that Idle waits for, running ones included
	quiet   chan struct{} // closed when pending falls to 0
}

type lane struct {
	jobs jobHeap
	wake chan struct{}
}

type job struct {
	due     time.Time // real time
	seq     int64
	counted bool // Idle waits for it
	again   bool // waits for another attempt; hurry brings it forward
	run     func(ctx context.Context)
}

const laneCount = 32

func newQueue(dropped func()) *queue {
	q := &queue{quiet: make(chan struct{}), dropped: dropped}
	for range laneCount {
		q.lanes = append(q.lanes, &lane{wake: make(chan struct{}, 1)})
	}
	return q
}

// add queues a job that Idle waits for.
func (q *queue) add(key string, wait time.Duration, run func(context.Context)) {
	q.push(key, &job{due: time.Now().Add(wait), counted: true, run: run})
}

// later queues a job that Idle does not wait for. again marks one that hurry may bring forward.
func (q *queue) later(key string, wait time.Duration, again bool, run func(context.Context)) {
	q.push(key, &job{due: time.Now().Add(wait), again: again, run: run})
}

func (q *queue) push(key string, j *job) {
	hash := fnv.New32a()
	hash.Write([]byte(key))
	l := q.lanes[hash.Sum32()%laneCount]
	q.mu.Lock()
	q.seq++
	j.seq = q.seq
	if q.total >= maxJobs && len(l.jobs) > 0 {
		q.done(heap.Pop(&l.jobs).(*job))
		q.total--
		q.dropped()
	}
	heap.Push(&l.jobs, j)
	q.total++
	if j.counted {
		q.pending++
	}
	q.mu.Unlock()
	l.signal()
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// hurry makes everything due that waits for another attempt.
func (q *queue) hurry() {
	q.mu.Lock()
	now := time.Now()
	for _, l := range q.lanes {
		for _, j := range l.jobs {
			if j.again && j.due.After(now) {
				j.due = now
			}
		}
		heap.Init(&l.jobs)
	}
	q.mu.Unlock()
	for _, l := range q.lanes {
		l.signal()
	}
}

// done takes a job off the count. q.mu is held.
func (q *queue) done(j *job) {
	if !j.counted {
		return
	}
	if q.pending--; q.pending == 0 {
		close(q.quiet)
		q.quiet = make(chan struct{})
	}
}

// keep counts something that waits outside the lanes, let ends that.
func (q *queue) keep() { q.mu.Lock(); q.pending++; q.mu.Unlock() }
func (q *queue) let()  { q.mu.Lock(); q.done(&job{counted: true}); q.mu.Unlock() }

func (q *queue) idle(ctx context.Context) error {
	for {
		q.mu.Lock()
		pending, quiet := q.pending, q.quiet
		q.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *queue) run(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range q.lanes {
		all.Go(func() { q.work(ctx, l) })
	}
	all.Wait()
}

func (q *queue) work(ctx context.Context, l *lane) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		j, wait := q.next(l)
		if j != nil {
			j.run(ctx)
			q.mu.Lock()
			q.done(j)
			q.mu.Unlock()
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-timer.C:
		}
	}
}

// next takes the first due job off the lane, or says how long to wait for one.
func (q *queue) next(l *lane) (*job, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(l.jobs) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(l.jobs[0].due); wait > 0 {
		return nil, wait
	}
	q.total--
	return heap.Pop(&l.jobs).(*job), 0
}

type jobHeap []*job

func (h jobHeap) Len() int { return len(h) }
func (h jobHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].seq < h[j].seq
	}
	return h[i].due.Before(h[j].due)
}
func (h jobHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *jobHeap) Push(x any)   { *h = append(*h, x.(*job)) }
func (h *jobHeap) Pop() any {
	last := len(*h) - 1
	j := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return j
}
