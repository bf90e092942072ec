// Package simulator is a stand-in for Meta's WhatsApp Cloud API: the Graph endpoints that a contact centre uses, Meta's
// rules and error codes, signed webhooks with retries, faults on demand, and a page that is the customer's phone. It is
// used by the demo, by training and by tests. Like Meta it knows nothing of the desk and speaks HTTP only.
//
// The order to read in: simulator.go (options, start and stop), queue.go and webhooks.go (what goes out), inbound.go (what
// customers do), graph.go and messages.go (what the business does), statuses.go (ticks), faults.go, page.go.
//
// Everything stays in memory, with bounds. Shapes, rules and codes follow the platform document; section numbers in
// comments are its.
package simulator

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"

	"agentdesk/static"
)

// Options configure a Simulator. AppSecret, AccessToken and one Number are required; New panics without them.
type Options struct {
	Now        func() time.Time      // business time: what the simulator shows and stamps messages with. Default time.Now
	Advance    func(d time.Duration) // moves business time for everybody; nil = the simulator keeps an offset of its own over Now
	WebhookURL string                // where deliveries go; may be set later with SetWebhook

	AppSecret   string // key of the webhook signature
	AccessToken string // the bearer token that Graph calls must carry
	VerifyToken string // what VerifyWebhook sends as hub.verify_token
	AppID       string // default 670843887433847
	WABAID      string // default 102290129340398

	Numbers  []Number
	Business string // the name on the customer's phone; default the first number's verified name
	Logger   *slog.Logger

	// Retry says how long to wait, in real time, before redelivery number attempt (from 1) of a webhook that was not
	// answered 200. Default 1 s, 2 s, 5 s, 10 s, 30 s, then every 60 s. Meta gives up after 7 days, and so does this.
	Retry func(attempt int) time.Duration

	StatusDelay time.Duration // real time between the sent, delivered and read webhooks; 0 = at once, still in order; see DefaultStatusDelay
	ReviewDelay time.Duration // real time until a new template is approved by itself; default 30 s, negative = never
	PairBurst   int           // messages to one customer before the pair limit of one in 6 s holds; default 45
}

// DefaultStatusDelay is what people find natural to look at. Options.StatusDelay has no default, because 0 has a meaning.
const DefaultStatusDelay = 150 * time.Millisecond

// Number is one of the business's WhatsApp numbers.
type Number struct {
	PhoneNumberID string
	DisplayPhone  string // "+34 600 000 100"
	VerifiedName  string
	Throughput    int // messages a second, default 80
}

// Bounds on what is kept in memory.
const (
	maxEntries   = 2000   // messages per conversation
	maxSent      = 20000  // what Accepted returns
	maxLog       = 200    // deliveries that the page can show
	maxJobs      = 100000 // webhooks that wait for a receiver; the oldest go first
	maxMedia     = 256 << 20
	maxCustomers = 20000
)

// Simulator plays Meta. Make one with New; its methods may be called from any goroutine.
type Simulator struct {
	opts   Options
	log    *slog.Logger
	faults *Faults
	queue  *queue
	client *http.Client

	mu            sync.Mutex
	webhook       string
	subscribed    bool
	offset        time.Duration
	customers     []*Customer // in the order they were added
	byCustomer    map[string]*Customer
	conversations map[conversationKey]*conversation
	byID          map[string]*entry // every message in memory, by wamid
	sent          []Sent
	templates     []*Template
	media         map[string]*media
	mediaBytes    int
	blocked       map[conversationKey]bool // the business blocked this customer
	profiles      map[string]object
	limits        limits
	serviceFree   map[string]int // service messages by number and month, for the free quota
	wire          []attempt
	lastCustomer  int
	lastEntry     int
}

// New returns a simulator that answers at once and delivers once Run runs. It panics on options that cannot work.
func New(opts Options) *Simulator {
	if len(opts.Numbers) == 0 || opts.AppSecret == "" || opts.AccessToken == "" {
		panic("simulator: Options need Numbers, AppSecret and AccessToken")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Retry == nil {
		opts.Retry = retryAfter
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.AppID == "" {
		opts.AppID = "670843887433847"
	}
	if opts.WABAID == "" {
		opts.WABAID = "102290129340398"
	}
	if opts.ReviewDelay == 0 {
		opts.ReviewDelay = 30 * time.Second
	}
	if opts.PairBurst == 0 {
		opts.PairBurst = 45
	}
	opts.Numbers = append([]Number(nil), opts.Numbers...)
	for i := range opts.Numbers {
		if opts.Numbers[i].Throughput == 0 {
			opts.Numbers[i].Throughput = 80
		}
	}
	if opts.Business == "" {
		opts.Business = opts.Numbers[0].VerifiedName
	}
	return &Simulator{
		opts:          opts,
		log:           opts.Logger,
		faults:        &Faults{},
		queue:         newQueue(func() { opts.Logger.Warn("simulator: too many webhooks wait, the oldest was dropped") }),
		client:        newClient(),
		webhook:       opts.WebhookURL,
		subscribed:    true,
		byCustomer:    map[string]*Customer{},
		conversations: map[conversationKey]*conversation{},
		byID:          map[string]*entry{},
		media:         map[string]*media{},
		blocked:       map[conversationKey]bool{},
		profiles:      map[string]object{},
		limits:        newLimits(),
		serviceFree:   map[string]int{},
	}
}

var versionPath = regexp.MustCompile(`^/v\d+(?:\.\d+)?(?:/|$)`)

// Handler serves the Graph endpoints below /v…, media downloads, the phone page at / and its stylesheets and scripts.
func (s *Simulator) Handler() http.Handler {
	page := s.pageHandler()
	assets := http.NewServeMux()
	assets.Handle(static.Prefix(), static.Handler())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case versionPath.MatchString(r.URL.Path):
			s.serveGraph(w, r)
		case r.URL.Path == downloadPath:
			s.serveDownload(w, r)
		case len(r.URL.Path) > 8 && r.URL.Path[:8] == "/static/":
			assets.ServeHTTP(w, r)
		default:
			page.ServeHTTP(w, r)
		}
	})
}

// Run delivers webhooks until ctx ends, then waits for those that are on their way. It returns nil when ctx ends. What was
// not delivered stays queued for a later Run.
func (s *Simulator) Run(ctx context.Context) error {
	s.queue.run(ctx)
	s.client.CloseIdleConnections()
	return nil
}

// Idle waits until nothing is left to deliver, not counting webhooks that wait for their next attempt and templates under
// review. It returns ctx's error when that comes first.
func (s *Simulator) Idle(ctx context.Context) error { return s.queue.idle(ctx) }

// SetWebhook says where deliveries go from now on. Deliveries that wait for another attempt are tried again at once.
func (s *Simulator) SetWebhook(url string) {
	s.mu.Lock()
	s.webhook = url
	s.mu.Unlock()
	s.queue.hurry()
}

// Clock is the business time that the simulator shows and stamps messages with.
func (s *Simulator) Clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

func (s *Simulator) clock() time.Time { return s.opts.Now().Add(s.offset).UTC() }

// Advance moves business time forward: for everybody when Options.Advance is set, else for the simulator alone. Time never
// goes back; a negative d does nothing.
func (s *Simulator) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	if s.opts.Advance != nil {
		s.opts.Advance(d)
		return
	}
	s.mu.Lock()
	s.offset += d
	s.mu.Unlock()
}

// Faults are the programmable faults of this simulator.
func (s *Simulator) Faults() *Faults { return s.faults }

// number finds a business number by its id.
func (s *Simulator) number(id string) (Number, bool) {
	for _, n := range s.opts.Numbers {
		if n.PhoneNumberID == id {
			return n, true
		}
	}
	return Number{}, false
}
