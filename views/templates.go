package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"agentdesk/store"
)

const (
	TemplatesTitle = "Templates"
	SyncsURL       = "/templates/syncs"
)

// TemplateFilter is what the reader looks for; empty fields do not filter.
type TemplateFilter struct{ Search, Status, Category, Language string }

func (f TemplateFilter) url(status string) string {
	return withQuery(TemplatesURL, "q", f.Search, "status", status, "category", f.Category, "language", f.Language)
}

func (f TemplateFilter) set() bool { return f != TemplateFilter{} }

// Statuses of the filter that are no status of Meta's.
const (
	statusApproved = "APPROVED"
	statusReview   = "PENDING"
	statusCare     = "care"
)

// TemplatesPage is one row a design: a name in all its languages.
type TemplatesPage struct {
	Frame      Frame
	Filter     TemplateFilter
	Designs    []Design
	Counts     map[string]int // designs by status of the filter; "" = all
	Languages  []Option
	Categories []Option
	Problem    string
	Any        bool // the account has templates at all
}

// NewTemplatesPage groups templates into designs. all is everything the reader may see, found what the search, language
// and category leave; the status is looked at here, because it counts what it hides.
func NewTemplatesPage(f Frame, filter TemplateFilter, all, found []store.Template) TemplatesPage {
	p := TemplatesPage{Frame: f, Filter: filter, Counts: map[string]int{}, Any: len(all) > 0}
	for _, d := range designs(found) {
		p.Counts[""]++
		for _, status := range []string{statusApproved, statusReview, statusCare} {
			if d.is(status) {
				p.Counts[status]++
			}
		}
		if filter.Status == "" || d.is(filter.Status) {
			p.Designs = append(p.Designs, d)
		}
	}
	p.Languages = []Option{{"", "Every language"}}
	p.Categories = []Option{{"", "Every category"}}
	for _, t := range all {
		p.Languages = with(p.Languages, Option{t.Language, languageName(t.Language)})
		p.Categories = with(p.Categories, Option{t.Category, categoryName(t.Category)})
	}
	slices.SortFunc(p.Languages[1:], func(a, b Option) int { return cmp.Compare(a.Name, b.Name) })
	return p
}

func with(options []Option, o Option) []Option {
	if slices.Contains(options, o) {
		return options
	}
	return append(options, o)
}

func (p TemplatesPage) fetched() time.Time { return lastFetched(p.Frame.Numbers) }

func lastFetched(numbers []store.Number) (at time.Time) {
	for _, n := range numbers {
		if n.SyncedAt.After(at) {
			at = n.SyncedAt
		}
	}
	return at
}

// Design is a template's name with its languages, as an admin thinks of it.
type Design struct {
	Name      string
	Templates []store.Template // by language
}

func designs(templates []store.Template) []Design {
	var all []Design
	for _, t := range templates {
		i := slices.IndexFunc(all, func(d Design) bool { return d.Name == t.Name })
		if i < 0 {
			all, i = append(all, Design{Name: t.Name}), len(all)
		}
		all[i].Templates = append(all[i].Templates, t)
	}
	return all
}

func (d Design) is(status string) bool {
	return slices.ContainsFunc(d.Templates, func(t store.Template) bool {
		switch status {
		case statusApproved:
			return t.Sendable()
		case statusCare:
			return needsCare(t)
		}
		return t.Status == status
	})
}

// needsCare: an admin has to do something before this can be sent.
func needsCare(t store.Template) bool {
	return !t.Sendable() && t.Status != statusReview && t.Status != "IN_APPEAL"
}

// categories and qualities name what the languages of a design have, each once.
func (d Design) categories() string {
	return d.each(func(t store.Template) string { return categoryName(t.Category) })
}
func (d Design) qualities() string {
	return d.each(func(t store.Template) string { return qualityName(t.Quality) })
}

func (d Design) each(of func(store.Template) string) string {
	var names []string
	for _, t := range d.Templates {
		if name := of(t); name != "–" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "–"
	}
	return strings.Join(names, ", ")
}

func (d Design) changed() (at time.Time) {
	for _, t := range d.Templates {
		if t.ChangedAt.After(at) {
			at = t.ChangedAt
		}
	}
	return at
}

// Standing is one status of a design, with the languages that have it when they differ.
type Standing struct {
	Template store.Template
	Of       []string // languages; empty = all
}

// standings are what the languages of a design differ in, the worst first.
func (d Design) standings() []Standing {
	var found []Standing
	for _, t := range d.Templates {
		i := slices.IndexFunc(found, func(s Standing) bool { return s.Template.Status == t.Status && reason(s.Template) == reason(t) })
		if i < 0 {
			found, i = append(found, Standing{Template: t}), len(found)
		}
		found[i].Of = append(found[i].Of, languageTag(t.Language))
	}
	if len(found) == 1 {
		found[0].Of = nil
	}
	slices.SortStableFunc(found, func(a, b Standing) int { return cmp.Compare(badness(b.Template), badness(a.Template)) })
	return found
}

func badness(t store.Template) int {
	switch {
	case needsCare(t):
		return 2
	case !t.Sendable():
		return 1
	}
	return 0
}

// statusName is Meta's status in words, with the badge and icon that stand for it; what is unknown is shown as it came.
func statusName(t store.Template) (name, badge, iconName string) {
	switch t.Status {
	case "APPROVED":
		return "Approved", "badge--good", "check"
	case "FLAGGED":
		return "Approved, at risk", "badge--soon", "circle-alert"
	case "REINSTATED":
		return "Approved again", "badge--good", "check"
	case "PENDING":
		return "In review", "", "clock"
	case "IN_APPEAL":
		return "In appeal", "", "clock"
	case "REJECTED":
		return "Rejected", "badge--fail", "x"
	case "PAUSED":
		return "Paused", "badge--soon", "pause"
	case "DISABLED":
		return "Disabled", "badge--fail", "ban"
	case "LIMIT_EXCEEDED":
		return "Too many templates", "badge--fail", "circle-alert"
	case "LOCKED":
		return "Locked", "badge--fail", "lock"
	case "PENDING_DELETION":
		return "Being deleted", "", "archive"
	case "DELETED":
		return "Deleted", "", "archive"
	case "ARCHIVED":
		return "Archived", "", "archive"
	}
	return t.Status, "", "circle-question-mark"
}

// reason says in plain words why a template is as it is (platform document 4.1); Meta's own sentences stay as they are.
func reason(t store.Template) string {
	switch t.Reason {
	case "", "NONE":
		switch t.Status {
		case "PENDING":
			return "Usually under a day."
		case "PAUSED":
			return "Many customers blocked it. It comes back by itself after some hours."
		case "DISABLED":
			return "Paused too often. Make a new one."
		case "FLAGGED":
			return "Its quality is low; it will be paused if that stays so."
		case "ARCHIVED":
			return "Not used for long. Meta deletes it after 28 days."
		}
		return ""
	case "ABUSIVE_CONTENT":
		return "Its content breaks WhatsApp’s rules."
	case "INCORRECT_CATEGORY":
		return "It belongs to another category."
	case "INVALID_FORMAT":
		return "Its form is wrong, usually its variables."
	case "PROMOTIONAL":
		return "It advertises, and its category may not."
	case "SCAM":
		return "Meta takes it for a fraud."
	case "TAG_CONTENT_MISMATCH":
		return "Its language or category does not fit its text."
	case "FIRST_PAUSE":
		return "Many customers blocked it. Back after 3 hours."
	case "SECOND_PAUSE":
		return "Many customers blocked it again. Back after 6 hours."
	case "RATE_LIMITING_PAUSE":
		return "Sent too much at once. It comes back by itself."
	}
	return t.Reason
}

func statusDot(t store.Template) string {
	_, badge, _ := statusName(t)
	return "status-dot status-dot" + strings.TrimPrefix(badge, "badge")
}
