package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"agentdesk/store"
)

// promised are the states that somebody who looks around in the demo must find.
var promised = []string{
	"window over 12 h", "window 4 to 12 h", "window 1 to 4 h", "window under an hour", "window under 5 min", "window ended today",
	"window ended days ago", "window never opened", "closed", "unread with an owner", "unread in the queue", "waits with an owner",
	"several cases", "reopened by hand", "released", "assigned", "no phone", "no name", "no name, no phone",
	"kind text", "kind image", "kind video", "kind audio", "kind document", "kind sticker", "kind location", "kind contacts", "kind answer",
	"kind order", "kind system", "kind call", "kind template", "kind unsupported", "voice", "reaction", "quote", "edit", "revoke", "advert",
	"forwarded", "from the phone app", "markup", "answer template_button", "answer list", "answer button", "answer flow",
	"tick accepted", "tick sent", "tick delivered", "tick read", "tick failed", "tick unconfirmed", "failed unreachable", "failed window_ended",
	"template answered", "line notice", "line window_ended",
	"Arabic", "Hebrew", "Devanagari", "Thai", "Hiragana", "Hangul", "Cyrillic", "Greek", "Han", "Latin",
}

func statesOf(c opened, now time.Time) []string {
	var states []string
	add := func(state string, is bool) {
		if is {
			states = append(states, state)
		}
	}
	left := c.Chat.Window().FreeUntil().Sub(now)
	never := c.Chat.WindowUntil.IsZero()
	add("window over 12 h", left > 12*time.Hour)
	add("window 4 to 12 h", left > 4*time.Hour && left <= 12*time.Hour)
	add("window 1 to 4 h", left > time.Hour && left <= 4*time.Hour)
	add("window under an hour", left > 5*time.Minute && left <= time.Hour)
	add("window under 5 min", left > 2*time.Minute && left <= 5*time.Minute)
	add("window ended today", !never && left < 0 && left > -12*time.Hour)
	add("window ended days ago", !never && left < -48*time.Hour)
	add("window never opened", never)
	owned, open := c.Chat.OwnerID != 0, c.Chat.State == store.ChatOpen
	add("closed", !open)
	add("unread with an owner", owned && c.Chat.Unread > 0)
	add("unread in the queue", open && !owned && c.Chat.Unread > 0)
	add("waits with an owner", owned && c.Chat.Waiting())
	nameless := c.Contact.Name == "" && c.Contact.ProfileName == ""
	add("no phone", c.Contact.Phone == "" && c.Contact.Username != "")
	add("no name", nameless)
	add("no name, no phone", nameless && c.Contact.Phone == "" && c.Contact.Username == "")
	cases := 0
	for _, line := range c.thread.Lines {
		add("line "+string(line.Kind), true)
		add("reopened by hand", line.Kind == store.LineReopened)
		add(string(line.Kind), true)
		if line.Kind == store.LineCaseOpened {
			cases++
		}
	}
	add("several cases", cases > 1)
	byTemplate := false
	for _, m := range c.thread.Messages {
		add("kind "+string(m.Kind), true)
		add("reaction", len(m.Reactions) > 0)
		add("quote", m.Quoted != nil)
		add("edit", len(m.Edits) > 0)
		add("revoke", !m.RevokedAt.IsZero())
		add("advert", m.Details.Referral != nil)
		add("forwarded", m.Details.Forwarded != "")
		add("from the phone app", m.Details.FromApp)
		add("voice", m.Details.Media != nil && m.Details.Media.Voice)
		add("markup", strings.Contains(m.Body, "*"))
		if m.Details.Answer != nil {
			add("answer "+m.Details.Answer.Type, true)
		}
		if m.Direction == store.Out {
			add("tick "+string(m.Status), !m.Details.FromApp)
			add("failed "+string(m.ErrorReason), m.Status == store.Failed)
			byTemplate = m.Kind == store.KindTemplate
		} else {
			add("template answered", byTemplate)
		}
		for name, script := range unicode.Scripts {
			add(name, strings.ContainsFunc(m.Body, func(r rune) bool { return unicode.Is(script, r) }))
		}
	}
	return states
}

// belongsToNobody are the ranges that regulators keep for films, examples and drama.
var belongsToNobody = regexp.MustCompile(`^\+(34600000\d{3}|447700900\d{3}|1\d{3}55501\d{2}|61491570\d{3}|3363998\d{4}|467017406\d{2}|49(15228817386|15228895456|1729925904))$`)

var phoneLike = regexp.MustCompile(`\+\d[\d ]{8,}\d`)

func checkThread(t *testing.T, c opened, now time.Time) {
	t.Helper()
	name, _ := c.Contact.DisplayName()
	if c.Contact.Phone != "" && !belongsToNobody.MatchString(c.Contact.Phone) {
		t.Errorf("%s: %s may be somebody's number", name, c.Contact.Phone)
	}
	if c.Contact.WaID == "" && c.Contact.BSUID == "" {
		t.Errorf("%s: nothing identifies them", name)
	}
	for i, m := range c.thread.Messages {
		if i > 0 && !m.At.After(c.thread.Messages[i-1].At) {
			t.Errorf("%s: %q does not come after %q", name, m.Body, c.thread.Messages[i-1].Body)
		}
		if m.At.After(now) {
			t.Errorf("%s: %q is in the future", name, m.Body)
		}
		if !utf8.ValidString(m.Body) || strings.ContainsRune(m.Body, utf8.RuneError) {
			t.Errorf("%s: %q is no valid text", name, m.Body)
		}
		for _, number := range phoneLike.FindAllString(m.Body, -1) {
			if !belongsToNobody.MatchString(e164(number)) {
				t.Errorf("%s: %s in a text may be somebody's number", name, number)
			}
		}
		if m.Direction == store.Out && !m.Details.FromApp {
			if m.Agent == nil || !strings.Contains("Ana Ben Chi Sam", firstName(*m.Agent)) {
				t.Errorf("%s: who wrote %q?", name, m.Body)
			}
			for n, step := range m.Steps {
				if n > 0 && step.At.Before(m.Steps[n-1].At) {
					t.Errorf("%s: %q was %s before it was %s", name, m.Body, step.Status, m.Steps[n-1].Status)
				}
			}
		}
	}
}
