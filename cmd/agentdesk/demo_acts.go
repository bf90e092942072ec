package main

import (
	"time"

	"agentdesk/store"
)

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
