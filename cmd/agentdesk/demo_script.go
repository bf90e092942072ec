package main

import (
	"slices"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// The language in which the tables of the demo's customers are written: a guest has talks, a talk has acts.

// guest is an invented customer with what has happened so far.
type guest struct {
	simulator.Customer
	quiet bool // the stream leaves this one as it is: what it shows would be gone
	talks []talk
}

// talk is a stretch of acts that follow one another. One of its instants is fixed, and the others follow by their gaps.
type talk struct {
	days  int    // with clock: the first act is so many days before the opening, at that time of the day
	clock string // "10:02", where the shop is
	left  time.Duration
	since time.Duration // without clock: the last act was so long before the opening
	fixed fixed
	acts  []act
}

type fixed int

const (
	byClock  fixed = iota // the first act
	byWindow              // the customer's last: so that free text ends left after the opening, or ended before it
	bySince               // the customer's last, or without one the last
)

// act is one thing that a customer, a colleague, or the shop's phone does.
type act struct {
	by      string // a colleague's first name; "" = the customer or the shop's phone
	kind    actKind
	text    string
	message map[string]any // of a customer: what is no plain text
	emoji   string
	back    int    // quotes: which of our messages, 1 = the newest
	to      string // assigns
	form    string // template name, and its language
	lang    string
	values  []string
	fate    store.Status // how far a message of ours has come; "" = read
	code    int          // why it failed
	gap     time.Duration
}

type actKind int

const (
	writes    actKind = iota // the customer: text, or message
	answers                  // a colleague
	sendsForm                // a colleague, by a template
	takes
	assigns
	releases
	closes
	reopens
	looks // reads what came, without an answer
	reacts
	rings        // a call that nobody takes
	moves        // to another phone number
	mends        // writes text, and then changes it into what message holds
	regrets      // writes text, and then takes it back
	phoneAnswers // somebody answers from the shop's phone
	optsOut      // of offers
)

// When a talk was.

func on(days int, clock string, acts ...act) talk {
	return talk{days: days, clock: clock, fixed: byClock, acts: acts}
}

// withLeft ends so that free text is possible for that much longer; a negative left ended that long ago.
func withLeft(left time.Duration, acts ...act) talk {
	return talk{left: left, fixed: byWindow, acts: acts}
}

// waiting ends with the customer's last words that long ago.
func waiting(since time.Duration, acts ...act) talk {
	return talk{since: since, fixed: bySince, acts: acts}
}

// What customers do.

func says(text string) act { return act{kind: writes, text: text} }

func quotes(back int, text string) act { return act{kind: writes, text: text, back: back} }

func sends(kind string, content map[string]any) act {
	return act{kind: writes, message: map[string]any{"type": kind, kind: content}}
}

func photo(caption string) act {
	return sends("image", map[string]any{"id": "1003383421387256", "mime_type": "image/jpeg", "caption": caption, "sha256": digestOf(caption)})
}

func film(caption string) act {
	return sends("video", map[string]any{"id": "1003383421387301", "mime_type": "video/mp4", "caption": caption, "sha256": digestOf(caption)})
}

func voice() act {
	return sends("audio", map[string]any{"id": "1003383421387257", "mime_type": "audio/ogg; codecs=opus", "voice": true, "sha256": digestOf("voice")})
}

func sticker() act {
	return sends("sticker", map[string]any{"id": "1003383421387258", "mime_type": "image/webp", "animated": false, "sha256": digestOf("sticker")})
}

func document(file, mime, caption string) act {
	return sends("document", map[string]any{"id": "1003383421387259", "filename": file, "mime_type": mime, "caption": caption, "sha256": digestOf(file)})
}

func place(name, address string, latitude, longitude float64) act {
	content := map[string]any{"latitude": latitude, "longitude": longitude}
	if name != "" {
		content["name"], content["address"] = name, address
	}
	return sends("location", content)
}

func card(name, phone, company string) act {
	a := act{kind: writes, message: map[string]any{"type": "contacts"}}
	a.message["contacts"] = []any{map[string]any{
		"name": map[string]any{"formatted_name": name}, "phones": []any{map[string]any{"phone": phone, "type": "WORK"}},
		"org": map[string]any{"company": company},
	}}
	return a
}

func orders(text string, items ...any) act {
	return sends("order", map[string]any{"catalog_id": "194836987003835", "text": text, "product_items": items})
}

func item(id string, quantity int, price float64) any {
	return map[string]any{"product_retailer_id": id, "quantity": quantity, "item_price": price, "currency": "EUR"}
}

func poll() act {
	return act{kind: writes, message: map[string]any{
		"type": "unsupported", "unsupported": map[string]any{"type": "poll"},
		"errors": []any{map[string]any{"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
			"error_data": map[string]any{"details": "Message type is currently not supported."}}},
	}}
}

// tapsButton and picksRow answer the newest message of ours.
func tapsButton(title string) act {
	return act{kind: writes, back: 1, message: map[string]any{"type": "button", "button": map[string]any{"payload": title, "text": title}}}
}

func picksRow(id, title, description string) act {
	a := sends("interactive", map[string]any{"type": "list_reply",
		"list_reply": map[string]any{"id": id, "title": title, "description": description}})
	a.back = 1
	return a
}

func picksReply(id, title string) act {
	a := sends("interactive", map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": id, "title": title}})
	a.back = 1
	return a
}

// fillsIn is the answer to a form; answers is a JSON object as text, as Meta sends it.
func fillsIn(answers string) act {
	a := sends("interactive", map[string]any{"type": "nfm_reply",
		"nfm_reply": map[string]any{"name": "flow", "body": "Sent", "response_json": answers}})
	a.back = 1
	return a
}

func fromAdvert(text, headline, body string) act {
	return act{kind: writes, message: map[string]any{
		"type": "text", "text": map[string]any{"body": text},
		"referral": map[string]any{"source_url": "https://fb.me/casa-lumen-invented", "source_id": "120226305854810726", "source_type": "ad",
			"headline": headline, "body": body, "media_type": "image", "ctwa_clid": "Aff-invented-click"},
	}}
}

func forwarded(text string) act {
	return act{kind: writes, message: map[string]any{
		"type": "text", "text": map[string]any{"body": text}, "context": map[string]any{"forwarded": true},
	}}
}

func loves(emoji string) act { return act{kind: reacts, emoji: emoji} }

func calls() act { return act{kind: rings} }

func changesNumber(to string) act { return act{kind: moves, text: to} }

func changes(text, into string) act {
	return act{kind: mends, text: text, message: map[string]any{"type": "text", "text": map[string]any{"body": into}}}
}

func takesBack(text string) act { return act{kind: regrets, text: text} }

func stopsOffers() act { return act{kind: optsOut} }

func phone(text string) act { return act{kind: phoneAnswers, text: text} }

// What colleagues do.

type colleague string

const (
	ana colleague = "Ana"
	ben colleague = "Ben"
	chi colleague = "Chi"
	sam colleague = "Sam"
)

func (c colleague) answers(text string) act { return act{by: string(c), kind: answers, text: text} }
func (c colleague) takes() act              { return act{by: string(c), kind: takes} }
func (c colleague) releases() act           { return act{by: string(c), kind: releases} }
func (c colleague) closes() act             { return act{by: string(c), kind: closes} }
func (c colleague) reopens() act            { return act{by: string(c), kind: reopens} }
func (c colleague) looks() act              { return act{by: string(c), kind: looks} }
func (c colleague) assigns(to colleague) act {
	return act{by: string(c), kind: assigns, to: string(to)}
}
func (c colleague) sendsForm(name, language string, values ...string) act {
	return act{by: string(c), kind: sendsForm, form: name, lang: language, values: values}
}

// How it went.

func (a act) after(gap time.Duration) act   { a.gap = gap; return a }
func (a act) until(status store.Status) act { a.fate = status; return a }
func (a act) failing(code int) act          { a.fate, a.code = store.Failed, code; return a }
func (a act) ours() bool                    { return a.kind == answers || a.kind == sendsForm }
func (a act) customers() bool               { return a.by == "" && a.kind != phoneAnswers && a.kind != optsOut }
func (a act) opensWindow() bool {
	return a.customers() && a.kind != reacts && a.kind != moves
}

// step is an act with its instant.
type step struct {
	act
	at    time.Time
	guest int
}

// steps puts the acts of all guests into the order of time, as seen from the opening of the demo.
func steps(guests []guest, opening time.Time, zone *time.Location) []step {
	var all []step
	for i, g := range guests {
		for _, t := range g.talks {
			at := t.instants(opening, zone)
			for n, a := range t.acts {
				all = append(all, step{act: a, at: at[n], guest: i})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	return all
}

// instants are when the acts of a talk were.
func (t talk) instants(opening time.Time, zone *time.Location) []time.Time {
	at := make([]time.Time, len(t.acts))
	at[0] = opening // any instant near it: all are shifted below
	for i := 1; i < len(at); i++ {
		at[i] = at[i-1].Add(t.gap(i))
	}
	anchor, stands := 0, opening
	switch t.fixed {
	case byClock:
		local := opening.In(zone).AddDate(0, 0, -t.days)
		clock, err := time.Parse("15:04", t.clock)
		if err != nil {
			panic("demo: " + t.clock + " is no time of the day")
		}
		stands = time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 12, 0, zone)
	case byWindow:
		anchor = t.last(act.opensWindow)
		stands = opening.Add(t.left + store.WindowMargin - store.WindowLength)
	case bySince:
		anchor = t.last(act.opensWindow)
		stands = opening.Add(-t.since)
	}
	shift := stands.Sub(at[anchor])
	for i := range at {
		at[i] = at[i].Add(shift).UTC().Truncate(time.Second)
	}
	return at
}

// last is the index of the last act that is so, or of the last one.
func (t talk) last(is func(act) bool) int {
	for i := len(t.acts) - 1; i >= 0; i-- {
		if is(t.acts[i]) {
			return i
		}
	}
	return len(t.acts) - 1
}

// gap is the time between an act and the one before it: people read before they answer, and write on quickly.
func (t talk) gap(i int) time.Duration {
	a, before := t.acts[i], t.acts[i-1]
	if a.gap != 0 {
		return a.gap
	}
	uneven := time.Duration(i*37%49) * time.Second
	switch {
	case a.by == "" && before.by == "":
		return 20*time.Second + uneven
	case a.by == "":
		return 3*time.Minute + uneven
	case a.by == before.by:
		return 25*time.Second + uneven
	case a.kind == closes:
		return 4*time.Minute + uneven
	}
	return 2*time.Minute + uneven
}
