package simulator

import (
	"strconv"
	"time"
)

// checkContent checks the object of a message's type (6.2). s.mu is held.
func (s *Simulator) checkContent(e *entry) *graphError {
	content := e.content()
	switch e.kind {
	case "text", "image", "video", "audio", "document", "sticker", "location", "reaction", "interactive", "template":
		if content == nil {
			return refuse(131008, "Parameter '%s' is required for this type of message.", e.kind)
		}
	}
	switch e.kind {
	case "text":
		return checkText(content)
	case "image", "video", "audio", "document", "sticker":
		return s.checkMedia(e)
	case "location":
		return checkLocation(content)
	case "contacts":
		return checkContacts(e.body)
	case "reaction":
		return s.checkReaction(e)
	case "interactive":
		return checkInteractive(content)
	case "template":
		return s.checkTemplate(e)
	}
	return refuse(131051, "Message type '%s' is not supported.", e.kind)
}

func checkText(text object) *graphError {
	body, ok := text["body"].(string)
	switch {
	case !ok || body == "":
		return refuse(131008, "Parameter text['body'] is required.")
	case length(body) > 4096:
		return &graphError{code: 100, message: "(#100) Param text['body'] must be at most 4096 characters long."}
	}
	return nil
}

func (s *Simulator) checkMedia(e *entry) *graphError {
	content := e.content()
	id, link := content.str("id"), content.str("link")
	if id == "" && link == "" {
		return refuse(131008, "Parameter %s['id'] or %s['link'] is required.", e.kind, e.kind)
	}
	if m := s.findMedia(id); id != "" && (m == nil || m.number != e.number) {
		return &graphError{code: 100, message: "(#100) Param " + e.kind + "['id'] is not a valid whatsapp business account media attachment ID"}
	}
	caption := content.str("caption")
	if caption != "" && (e.kind == "audio" || e.kind == "sticker") {
		return refuse(100, `Unexpected key "caption" on param "%s".`, e.kind)
	}
	if length(caption) > 1024 {
		return refuse(100, "Param %s['caption'] must be at most 1024 characters long.", e.kind)
	}
	e.voice = content["voice"] == true
	return nil
}

func checkLocation(location object) *graphError {
	for key, limit := range map[string]float64{"latitude": 90, "longitude": 180} {
		value, ok := location[key].(float64)
		if text, isText := location[key].(string); isText {
			parsed, err := strconv.ParseFloat(text, 64)
			value, ok = parsed, err == nil
		}
		if location[key] == nil {
			return refuse(131008, "Parameter location['%s'] is required.", key)
		}
		if !ok || value < -limit || value > limit {
			return refuse(131009, "Parameter location['%s'] is out of range.", key)
		}
	}
	return nil
}

func checkContacts(body object) *graphError {
	contacts := body.list("contacts")
	if len(contacts) == 0 {
		return refuse(131008, "Parameter 'contacts' is required for this type of message.")
	}
	for _, c := range contacts {
		if c.obj("name").str("formatted_name") == "" {
			return refuse(131008, "Parameter contacts['name']['formatted_name'] is required.")
		}
	}
	return nil
}

// checkReaction holds a reaction to a message that the customer wrote here within 30 days (6.2).
func (s *Simulator) checkReaction(e *entry) *graphError {
	content := e.content()
	if _, ok := content["emoji"].(string); !ok {
		return refuse(131008, "Parameter reaction['emoji'] is required.")
	}
	target := s.byID[content.str("message_id")]
	if target == nil || !target.mine || target.kind == "reaction" || target.customer != e.customer ||
		target.number != e.number || e.at.Sub(target.at) > 30*24*time.Hour {
		return refuse(131009, "The message that the reaction is for cannot be reacted to.")
	}
	return nil
}
