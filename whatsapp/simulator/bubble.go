package simulator

import (
	"fmt"
	"strings"
)

// fillBubble puts a message's content into its bubble.
func fillBubble(b *bubbleView, e *entry) {
	c := e.content()
	switch e.kind {
	case "text":
		b.text = c.str("body")
	case "template":
		fillTemplate(b, e)
	case "interactive":
		fillInteractive(b, c)
	case "button":
		b.text = c.str("text")
	case "location":
		b.icon, b.title, b.text = "map-pin", c.str("name"), c.str("address")
		if b.title == "" {
			b.title = fmt.Sprint(c["latitude"], ", ", c["longitude"])
		}
	case "contacts":
		b.icon, b.title = "id-card", "Contact"
		for _, card := range e.body.list("contacts") {
			b.title = card.obj("name").str("formatted_name")
			for _, p := range card.list("phones") {
				b.text = p.str("phone")
			}
		}
	case "image", "video", "audio", "document", "sticker":
		b.icon, b.title, b.text = "paperclip", c.str("filename"), c.str("caption")
		if b.title == "" {
			b.title = strings.ToUpper(e.kind[:1]) + e.kind[1:]
		}
	case "system":
		b.notice = c.str("body")
	case "order":
		b.icon, b.title, b.text = "layers", "Order", c.str("text")
	default:
		b.icon, b.title = "circle-question-mark", "Message of type "+e.kind
	}
}

func fillTemplate(b *bubbleView, e *entry) {
	t := e.rendered
	if t == nil { // a remembered one: only its name is known
		b.title = e.content().str("name")
		return
	}
	b.header, b.text, b.footer = t.header, t.body, t.footer
	if t.media != "" {
		b.icon, b.title = "image", strings.ToUpper(t.media[:1])+strings.ToLower(t.media[1:])
	}
	for _, button := range t.buttons {
		switch button.kind {
		case "quick_reply":
			b.buttons = append(b.buttons, tapView{icon: "reply", text: button.text, action: "/taps", value: button.payload})
		case "url":
			b.buttons = append(b.buttons, tapView{icon: "external-link", text: button.text, help: button.url})
		case "phone_number":
			b.buttons = append(b.buttons, tapView{icon: "phone", text: button.text})
		default:
			b.buttons = append(b.buttons, tapView{icon: "copy", text: button.text})
		}
	}
}

func fillInteractive(b *bubbleView, i object) {
	b.header, b.text, b.footer = i.obj("header").str("text"), i.obj("body").str("text"), i.obj("footer").str("text")
	action := i.obj("action")
	switch i.str("type") {
	case "button_reply", "list_reply": // the customer's own tap
		reply := i.obj(i.str("type"))
		b.text = reply.str("title")
	case "nfm_reply", "call_permission_reply":
		b.text = i.obj(i.str("type")).str("body")
		if b.text == "" {
			b.text = i.str("type")
		}
	case "button":
		for _, button := range action.list("buttons") {
			reply := button.obj("reply")
			b.buttons = append(b.buttons, tapView{icon: "reply", text: reply.str("title"), action: "/taps", value: reply.str("id")})
		}
	case "list":
		for _, section := range action.list("sections") {
			for _, row := range section.list("rows") {
				b.buttons = append(b.buttons, tapView{icon: "chevron-right", text: row.str("title"), help: row.str("description"), action: "/taps", value: row.str("id")})
			}
		}
	case "location_request_message":
		b.buttons = append(b.buttons, tapView{icon: "map-pin", text: "Send location", action: "/locations"})
	case "request_contact_info":
		b.buttons = append(b.buttons, tapView{icon: "id-card", text: "Share phone number", action: "/contact-cards"})
	case "cta_url":
		parameters := action.obj("parameters")
		b.buttons = append(b.buttons, tapView{icon: "external-link", text: parameters.str("display_text"), help: parameters.str("url")})
	default:
		b.buttons = append(b.buttons, tapView{icon: "ellipsis", text: i.str("type")})
	}
}
