package whatsapp

import (
	"encoding/json"
	"strings"
	"time"

	"agentdesk/store"
)

// template reads any of the template fields, by the keys it carries: Meta's quality example has the wrong field name (4.1).
func (r *reader) template(e entry, at time.Time, raw json.RawMessage) {
	var c templateChange
	if err := decode(raw, &c); err != nil {
		r.problem("template notice: %v", err)
		return
	}
	r.resync = true // components are not in the notice, and a new template is known by its name only
	report := store.TemplateReport{
		WABAID: string(e.ID), MetaID: string(c.ID), Name: string(c.Name), Language: language(c.Language), At: at,
		Quality: strings.ToUpper(string(c.NewQuality)),
	}
	if c.Event != "" {
		report.Status, report.Reason = strings.ToUpper(string(c.Event)), c.reason()
		report.Category = strings.ToUpper(string(c.Category))
		if c.Other.Title == "UNPAUSE" { // the end of a pause has two spellings
			report.Status, report.Reason = "APPROVED", ""
		}
	}
	if c.NewCategory != "" {
		report.Category = strings.ToUpper(string(c.NewCategory))
	}
	report.NextCategory = strings.ToUpper(string(c.CorrectCategory))
	if report.Status == "" && report.Quality == "" && report.Category == "" && report.NextCategory == "" {
		return // the components changed: only fetching tells
	}
	if report.MetaID == "" && (report.Name == "" || report.Language == "") {
		r.problem("a template notice names no template")
		return
	}
	r.report(report)
}

// reason is why a template was refused, paused or disabled, in Meta's words.
func (c templateChange) reason() string {
	reason := c.Reason
	if reason == "NONE" {
		reason = ""
	}
	return joined(" – ", reason, c.Rejection.Reason, c.Rejection.Recommendation, c.Other.Description)
}

// language is a template's language as the REST API writes it: webhooks print en-US too (4.1).
func language(code text) string { return strings.ReplaceAll(string(code), "-", "_") }

// number reads what concerns one number, or, without a display number, all numbers of the account (4.2).
func (r *reader) number(e entry, field string, at time.Time, raw json.RawMessage) {
	var c numberChange
	if err := decode(raw, &c); err != nil {
		r.problem("%s: %v", field, err)
		return
	}
	report := store.NumberReport{WABAID: string(e.ID), DisplayPhone: string(c.DisplayPhone), At: at}
	switch field {
	case "phone_number_quality_update":
		r.resync = true
		report.MessagingLimit = limit(c.DailyLimit)
		if report.MessagingLimit == "" {
			report.MessagingLimit = limit(c.CurrentLimit)
		}
		if c.Event == "THROUGHPUT_UPGRADE" {
			report.Throughput = 1000 // 6.5
		}
	case "phone_number_name_update":
		if c.Decision != "APPROVED" {
			r.passOver("name decision " + string(c.Decision))
			return
		}
		report.VerifiedName = string(c.VerifiedName)
	case "business_capability_update":
		report.MessagingLimit = limit(c.DailyLimit)
	case "security":
		r.passOver("security event " + string(c.Event)) // logged by name: nothing of the number changes
		return
	}
	if report.MessagingLimit == "" && report.Throughput == 0 && report.VerifiedName == "" {
		return
	}
	r.report(report)
}

// limit spells a messaging limit as the REST API does; business_capability_update has it as a number (4.2, 9).
func limit(t text) string {
	tiers := map[text]string{
		"50": "TIER_50", "250": "TIER_250", "1000": "TIER_1K", "2000": "TIER_2K", "10000": "TIER_10K", "100000": "TIER_100K",
		"-1": "TIER_UNLIMITED",
	}
	if tier, ok := tiers[t]; ok {
		return tier
	}
	return string(t)
}

// account reads what concerns the whole account. Only what certainly stops every send pauses; a lesser restriction is
// shown, and the sends that it hits say so themselves with 368 or 131031 (4.2, 10).
func (r *reader) account(e entry, field string, at time.Time, raw json.RawMessage) {
	var c accountChange
	if err := decode(raw, &c); err != nil {
		r.problem("%s: %v", field, err)
		return
	}
	report := store.NumberReport{WABAID: string(e.ID), At: at}
	if c.WABA.ID != "" { // PARTNER_* events: entry.id is a business portfolio there (1.4)
		report.WABAID = string(c.WABA.ID)
	}
	switch event := string(c.Event); event {
	case "ACCOUNT_RESTRICTION":
		for _, restriction := range c.Restrictions {
			words := string(restriction.Type)
			if !restriction.Expiration.IsZero() {
				words += " until " + restriction.Expiration.Format(time.RFC3339)
			}
			report.Restricted = joined(", ", text(report.Restricted), text(words))
			if restriction.Type == "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" {
				report.Pauses = store.PauseRestricted // not even answers
			}
		}
	case "ACCOUNT_VIOLATION":
		report.Restricted = joined(" ", c.Event, c.Violation.Type)
	case "DISABLED_UPDATE":
		if c.Ban.State == "REINSTATE" {
			report.Lifted = true
			break
		}
		report.Restricted = joined(" ", c.Ban.State, c.Ban.Date)
		if c.Ban.State == "DISABLE" {
			report.Pauses = store.PauseRestricted
		}
	case "ACCOUNT_OFFBOARDED", "ACCOUNT_DELETED":
		report.Restricted = string(c.Event)
		report.Pauses = store.PauseRestricted
	case "PARTNER_REMOVED":
		report.Restricted = joined(" ", c.Event, c.Disconnection.Reason)
	case "ACCOUNT_RECONNECTED":
		report.Lifted = true
	case "":
		if c.Alert.Severity == "CRITICAL" && c.Alert.Status == "ACTIVE" {
			report.Restricted = joined(": ", c.Alert.Type, c.Alert.Description)
		}
	}
	if report.Restricted == "" && !report.Lifted {
		r.passOver(joined(" ", text(field), c.Event, c.Alert.Type))
		return
	}
	r.report(report)
}
