package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"

	"agentdesk/store"
)

// answered reads an interactive message: what the contact tapped or filled in (2). Types that are not known yet are shown
// by whatever title they carry.
func answered(raw json.RawMessage, d *store.Details) (store.MessageKind, string) {
	var parts map[text]json.RawMessage
	if kind(raw) != '{' || decode(raw, &parts) != nil {
		return "", ""
	}
	var name text
	_ = decode(parts["type"], &name)
	if kind(parts[name]) != '{' {
		return "", ""
	}
	var a struct {
		ID          text `json:"id"`
		Title       text `json:"title"`
		Description text `json:"description"`
		Name        text `json:"name"`
		Body        text `json:"body"`
		Response    text `json:"response"`
		JSON        text `json:"response_json"`
	}
	_ = decode(parts[name], &a)

	answer := store.Answer{ID: string(a.ID), Title: string(a.Title), Description: string(a.Description)}
	d.Answer = &answer
	switch name {
	case "button_reply":
		answer.Type = "button"
	case "list_reply":
		answer.Type = "list"
	case "call_permission_reply":
		answer.Type, answer.Accepted = "call_permission", a.Response == "accept"
		return store.KindPermission, ""
	case "nfm_reply":
		answer.Type = string(a.Name)
		if a.Name == "address_message" {
			answer.Type = "address"
		}
		answer.Title, answer.Fields = string(a.Body), formFields([]byte(a.JSON))
	default:
		answer.Type = string(name)
		if answer.Title == "" {
			answer.Title = joined(" ", a.Name, a.Body)
		}
	}
	if answer.Title == "" && answer.ID == "" && len(answer.Fields) == 0 {
		d.Answer = nil
		return "", ""
	}
	body := answer.Title
	if body == "" {
		body = answer.ID
	}
	return store.KindAnswer, body
}

// formFields lists what a flow or an address form brought, in the order in which it was sent. response_json is a string of
// JSON; its flow_token is ours and of no interest to people.
func formFields(data []byte) []store.Labelled {
	var fields []store.Labelled
	if !json.Valid(data) {
		return nil
	}
	collectFields(json.NewDecoder(bytes.NewReader(data)), "", 0, &fields)
	return fields
}

const (
	deepestField = 4
	mostFields   = 100
)

// collectFields reads one JSON value: objects and arrays are entered, plain values become a field under their path.
func collectFields(dec *json.Decoder, label string, depth int, into *[]store.Labelled) {
	dec.UseNumber()
	token, err := dec.Token()
	if err != nil {
		return
	}
	delim, nested := token.(json.Delim)
	if !nested {
		if token != nil && label != "" && label != "flow_token" && len(*into) < mostFields && depth <= deepestField {
			*into = append(*into, store.Labelled{Label: clean(label), Value: clean(fmt.Sprint(token))})
		}
		return
	}
	for dec.More() {
		inner := label
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return
			}
			inner, _ = key.(string)
		}
		collectFields(dec, inner, depth+1, into)
	}
	_, _ = dec.Token() // the closing bracket
}
