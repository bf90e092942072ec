package views

import (
	"strconv"
	"time"

	"agentdesk/store"
)

const (
	SettingsTitle    = "Settings"
	SettingsSavedURL = "/settings?saved=1"
)

// SettingsPage is the desk's own settings and its numbers.
type SettingsPage struct {
	Frame   Frame
	Form    SettingsForm
	Saved   bool
	Missing []string // settings of the environment without which WhatsApp does not work
	Now     time.Time
}

// SettingsForm is what somebody typed, in the units of the form: minutes, days, hours.
type SettingsForm struct {
	Visibility         store.Visibility
	RouteToSupervisors bool
	DefaultCapacity    string
	AbsenceGrace       string
	KeepDeliveries     string
	KeepEvents         string
	Errors             Errors
}

func SettingsFormOf(s store.Settings) SettingsForm {
	in := func(d, unit time.Duration) string {
		return strconv.FormatFloat(float64(d)/float64(unit), 'f', -1, 64)
	}
	return SettingsForm{
		Visibility:         s.Visibility,
		RouteToSupervisors: s.RouteToSupervisors,
		DefaultCapacity:    strconv.Itoa(s.DefaultCapacity),
		AbsenceGrace:       in(s.AbsenceGrace, time.Minute),
		KeepDeliveries:     in(s.KeepDeliveries, 24*time.Hour),
		KeepEvents:         in(s.KeepEvents, time.Hour),
	}
}

var visibilityOptions = []Option{
	{string(store.VisibleOwn), "Only to their owner and to supervisors"},
	{string(store.VisibleTeam), "To the whole team, to read"},
	{string(store.VisibleAll), "To everybody, to read"},
}

// ResumeURL lets a number send again.
func ResumeURL(numberID int64) string { return path("settings", "numbers", numberID, "resumptions") }

// qualityName is Meta's rating in words (platform document 8.4, 9).
func qualityName(quality string) string {
	switch quality {
	case "GREEN":
		return "High"
	case "YELLOW":
		return "Medium"
	case "RED":
		return "Low"
	case "", "UNKNOWN", "NA":
		return "–"
	}
	return quality
}

// limitName is how many people may be written to outside their window in 24 hours (platform document 9).
func limitName(limit string) string {
	switch limit {
	case "":
		return "–"
	case "TIER_50":
		return "50 people a day"
	case "TIER_250":
		return "250 people a day"
	case "TIER_1K":
		return "1,000 people a day"
	case "TIER_2K":
		return "2,000 people a day"
	case "TIER_10K":
		return "10,000 people a day"
	case "TIER_100K":
		return "100,000 people a day"
	case "TIER_UNLIMITED":
		return "unlimited"
	}
	return limit
}

func throughput(perSecond int) string {
	if perSecond == 0 {
		return "–"
	}
	return strconv.Itoa(perSecond) + " messages a second"
}
