package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// Deliveries that the simulator does not make by itself, in Meta's shapes (platform document 1.4, 2, 3, 4.3): ticks with
// times of their own, answers from the shop's phone, wishes about offers, and what a customer changes afterwards.

// delivery wraps one change of the demo's number.
func delivery(field string, value map[string]any) []byte {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": digitsOf(demoPhone), "phone_number_id": demoNumber}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{
		map[string]any{"id": demoWABA, "changes": []any{map[string]any{"field": field, "value": value}}},
	}})
	if err != nil {
		panic(fmt.Sprintf("demo: a delivery that is no JSON: %v", err))
	}
	return body
}

// tick is one status of a message of ours, told once its time has come.
type tick struct {
	at       time.Time
	to       simulator.Customer
	wamid    string
	opaque   string // our id of the message, as it was sent along
	status   store.Status
	code     int
	category string
}

func tickDelivery(ticks []tick) []byte {
	statuses := make([]any, 0, len(ticks))
	for _, t := range ticks {
		status := map[string]any{
			"id": t.wamid, "status": string(t.status), "timestamp": unixText(t.at), "recipient_user_id": t.to.BSUID,
			"biz_opaque_callback_data": t.opaque,
		}
		if t.to.WaID != "" {
			status["recipient_id"] = t.to.WaID
		}
		switch t.status {
		case store.Failed:
			status["errors"] = []any{failures[t.code]}
		case store.Sent:
			status["pricing"] = map[string]any{"billable": true, "pricing_model": "PMP", "type": "regular", "category": t.category}
		}
		statuses = append(statuses, status)
	}
	return delivery("messages", map[string]any{"statuses": statuses})
}

// failures in Meta's words (platform document 10).
var failures = map[int]map[string]any{
	131026: {"code": 131026, "title": "Message undeliverable", "message": "Message undeliverable",
		"error_data": map[string]any{"details": "Message Undeliverable."}},
	131047: {"code": 131047, "title": "Re-engagement message", "message": "Re-engagement message",
		"error_data": map[string]any{"details": "Message failed to send because more than 24 hours have passed since the customer last replied to this number."}},
}

func contactRow(c simulator.Customer) map[string]any {
	profile := map[string]any{"name": c.Name}
	if c.Username != "" {
		profile["username"] = c.Username
	}
	row := map[string]any{"profile": profile, "user_id": c.BSUID}
	if c.WaID != "" {
		row["wa_id"] = c.WaID
	}
	return row
}

// fromCustomer is a message that the simulated phone does not keep as it was sent.
func fromCustomer(c simulator.Customer, wamid string, at time.Time, message map[string]any) []byte {
	sent := map[string]any{"id": wamid, "timestamp": unixText(at), "from_user_id": c.BSUID}
	if c.WaID != "" {
		sent["from"] = c.WaID
	}
	for key, value := range message {
		sent[key] = value
	}
	return delivery("messages", map[string]any{"contacts": []any{contactRow(c)}, "messages": []any{sent}})
}

// fromPhone is an answer that somebody gave on the shop's own phone.
func fromPhone(c simulator.Customer, wamid string, at time.Time, text string) []byte {
	echo := map[string]any{
		"from": digitsOf(demoPhone), "to_user_id": c.BSUID, "id": wamid, "timestamp": unixText(at), "type": "text",
		"text": map[string]any{"body": text},
	}
	if c.WaID != "" {
		echo["to"] = c.WaID
	}
	return delivery("smb_message_echoes", map[string]any{"contacts": []any{contactRow(c)}, "message_echoes": []any{echo}})
}

func optedOut(c simulator.Customer, at time.Time) []byte {
	wish := map[string]any{
		"user_id": c.BSUID, "detail": "User requested to stop marketing messages", "category": "marketing_messages",
		"value": "stop", "timestamp": at.Unix(),
	}
	if c.WaID != "" {
		wish["wa_id"] = c.WaID
	}
	return delivery("user_preferences", map[string]any{"contacts": []any{contactRow(c)}, "user_preferences": []any{wish}})
}

// wamidOf makes an id that looks like Meta's, always the same one for the same thing.
func wamidOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "wamid." + base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf("demo %X", sum[:14])))
}

// bsuidOf is the business-scoped id of an invented customer: the same one at every start, so that a kept data directory
// knows its people again.
func bsuidOf(country, id string) string {
	sum := sha256.Sum256([]byte("demo customer " + id))
	number := ""
	for _, b := range sum[:20] {
		number += strconv.Itoa(int(b) % 10)
	}
	return country + ".1" + number
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func unixText(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func digitsOf(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}
