package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

func (r NumberReport) apply(t *tx) error {
	var numbers []Number
	if err := t.Order("id").Find(&numbers).Error; err != nil {
		return fmt.Errorf("numbers of a report: %w", err)
	}
	for _, n := range numbers {
		if !r.concerns(n) {
			continue
		}
		err := t.changeNumber(n, func(n *Number) {
			n.learn(Number{VerifiedName: r.VerifiedName, Quality: r.Quality, MessagingLimit: r.MessagingLimit, Throughput: r.Throughput})
			if r.Restricted != "" {
				n.Restricted = r.Restricted
			}
			if r.Lifted {
				n.Restricted = ""
			}
		})
		if err != nil {
			return err
		}
		if r.Pauses != "" {
			if err := t.pauseNumber(n.ID, 0, r.Pauses); err != nil {
				return err
			}
		}
		if r.Lifted && n.PausedReason == PauseRestricted {
			if _, err := t.resumeNumber(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// concerns matches by the digits of the display phone, which Meta prints with and without signs (platform document 4.2,
// 9); without one the report is about the whole account.
func (r NumberReport) concerns(n Number) bool {
	if r.DisplayPhone != "" {
		return digits(r.DisplayPhone) == digits(n.DisplayPhone)
	}
	return r.WABAID != "" && r.WABAID == n.WABAID
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func (r TemplateReport) apply(t *tx) error {
	r.Language = templateLanguage(r.Language)
	known, err := t.reportedTemplate(r)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		if r.WABAID == "" || r.Name == "" || r.Language == "" {
			return nil // nothing to keep it under; the next synchronisation brings it
		}
		known = Template{WABAID: r.WABAID, Name: r.Name, Language: r.Language, ParameterFormat: "POSITIONAL"}
	} else if err != nil {
		return fmt.Errorf("template of a report: %w", err)
	}
	next := known
	if r.At.IsZero() || r.At.After(t.now) {
		r.At = t.now
	}
	r.change(&next)
	return t.saveTemplate(known, next)
}

// reportedTemplate finds it by Meta's id, which survives a language written differently, else by name.
func (t *tx) reportedTemplate(r TemplateReport) (Template, error) {
	var known Template
	err := gorm.ErrRecordNotFound
	if r.MetaID != "" {
		err = t.Where("meta_id = ?", r.MetaID).First(&known).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = t.Where("waba_id = ? AND name = ? AND language = ?", r.WABAID, r.Name, r.Language).First(&known).Error
	}
	return known, err
}

func (r TemplateReport) change(to *Template) {
	if r.MetaID != "" {
		to.MetaID = r.MetaID
	}
	if r.Quality != "" {
		to.Quality = strings.ToUpper(r.Quality)
	}
	if r.NextCategory != "" {
		to.NextCategory = strings.ToUpper(r.NextCategory)
	}
	if r.Category != "" {
		to.Category = strings.ToUpper(r.Category)
	}
	if to.NextCategory == to.Category {
		to.NextCategory = "" // what was announced has happened
	}
	// Notices come in any order: one from before what we know no longer says how things stand. Meta stamps whole seconds.
	if r.Status == "" || r.At.Before(to.ChangedAt.Truncate(time.Second)) || r.At.Before(to.SyncedAt.Truncate(time.Second)) {
		return
	}
	if status := strings.ToUpper(r.Status); status != to.Status || r.Reason != "" {
		to.Status, to.Reason, to.ChangedAt = status, r.Reason, r.At
	}
	to.RemovedAt = instant(0)
	if to.Status == "DELETED" {
		to.RemovedAt = r.At
	}
}
