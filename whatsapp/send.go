package whatsapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"agentdesk/store"
)

// sendBody is the body of POST /{phone-number-id}/messages (6.1).
type sendBody struct {
	MessagingProduct string        `json:"messaging_product"`
	RecipientType    string        `json:"recipient_type"`
	To               string        `json:"to,omitempty"`
	Recipient        string        `json:"recipient,omitempty"`
	Type             string        `json:"type"`
	Text             *textBody     `json:"text,omitempty"`
	Template         *templateBody `json:"template,omitempty"`
	Context          *contextBody  `json:"context,omitempty"`
	CallbackData     string        `json:"biz_opaque_callback_data"`
}

type textBody struct {
	PreviewURL bool   `json:"preview_url"`
	Body       string `json:"body"`
}

type contextBody struct {
	MessageID string `json:"message_id"`
}

type templateBody struct {
	Name       string              `json:"name"`
	Language   languageBody        `json:"language"`
	Components []templateComponent `json:"components,omitempty"`
}

type languageBody struct {
	Code string `json:"code"`
}

type templateComponent struct {
	Type       string              `json:"type"`
	SubType    string              `json:"sub_type,omitempty"`
	Index      string              `json:"index,omitempty"`
	Parameters []templateParameter `json:"parameters"`
}

type templateParameter struct {
	Type       string `json:"type"`
	Name       string `json:"parameter_name,omitempty"`
	Text       string `json:"text,omitempty"`
	CouponCode string `json:"coupon_code,omitempty"`
}

// errNoAddress: nothing is known by which Meta could find the contact.
var errNoAddress = errors.New("the contact has neither a phone number nor a user id")

// requestBody is the request for one message. Errors are ours: the message can never be sent.
func requestBody(d store.Due) ([]byte, error) {
	m := d.Message
	body := sendBody{
		MessagingProduct: "whatsapp", RecipientType: "individual", Type: string(m.Kind), CallbackData: callbackData(m.ID),
	}
	switch c := d.Contact; {
	case c.WaID != "":
		body.To = "+" + c.WaID // without the plus Meta puts the business's calling code before it (0)
	case c.BSUID != "":
		body.Recipient = c.BSUID // in "to" it would be taken and lost (2.1)
	case c.Phone != "":
		body.To = c.Phone // last: it may be a number that the contact has given up
	default:
		return nil, errNoAddress
	}
	if m.QuotedWAMID != "" {
		body.Context = &contextBody{MessageID: m.QuotedWAMID}
	}
	switch m.Kind {
	case store.KindText:
		if m.Body == "" {
			return nil, errors.New("the text is empty")
		}
		body.Text = &textBody{PreviewURL: strings.Contains(m.Body, "https://") || strings.Contains(m.Body, "http://"), Body: m.Body}
	case store.KindTemplate:
		if m.Details.Template == nil {
			return nil, errors.New("the message names no template")
		}
		body.Template = templateRequest(*m.Details.Template)
	default:
		return nil, fmt.Errorf("messages of kind %s cannot be sent", m.Kind)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// templateRequest names a template and its values (6.3). Only components with variables are sent: one more or less is
// 132000. Positional values go in order and without a name, named ones with it.
func templateRequest(t store.SentTemplate) *templateBody {
	out := &templateBody{Name: t.Name, Language: languageBody{Code: t.Language}}
	named := strings.EqualFold(t.Format, "NAMED")
	for _, part := range []string{"header", "body"} {
		var parameters []templateParameter
		for _, blank := range blanks(t.Values, part) {
			p := templateParameter{Type: "text", Text: t.Values[part+"."+blank]}
			if named {
				p.Name = blank
			}
			parameters = append(parameters, p)
		}
		if len(parameters) > 0 {
			out.Components = append(out.Components, templateComponent{Type: part, Parameters: parameters})
		}
	}
	for _, index := range blanks(t.Values, "button") {
		value := t.Values["button."+index]
		button := templateComponent{Type: "button", SubType: "url", Index: index, Parameters: []templateParameter{{Type: "text", Text: value}}}
		if i, err := strconv.Atoi(index); err == nil && i < len(t.Buttons) && t.Buttons[i].Type == "COPY_CODE" {
			button.SubType, button.Parameters = "copy_code", []templateParameter{{Type: "coupon_code", CouponCode: value}}
		}
		out.Components = append(out.Components, button)
	}
	return out
}

// blanks are the names of a part's variables, numbers by their size: 2 before 10.
func blanks(values store.TemplateValues, part string) []string {
	var names []string
	for field := range values {
		if name, ok := strings.CutPrefix(field, part+"."); ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
		return strings.Compare(a, b)
	})
	return names
}

// receipt is Meta's word that it took a message: accepted, not delivered (6.1).
type receipt struct {
	wamid     string
	recipient store.Identity
}

// send posts one message. Errors: GraphError, CallError; a success that does not name the message is a CallError too.
func (c *Client) send(ctx context.Context, token, phoneNumberID string, body []byte) (receipt, error) {
	var answer struct {
		Contacts list[struct {
			WaID   text `json:"wa_id"`
			UserID text `json:"user_id"`
		}] `json:"contacts"`
		Messages list[struct {
			ID text `json:"id"`
		}] `json:"messages"`
	}
	if err := c.post(ctx, token, body, &answer, phoneNumberID, "messages"); err != nil {
		return receipt{}, err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return receipt{}, &CallError{Written: true, Status: 200, Err: errors.New("the answer names no message")}
	}
	r := receipt{wamid: string(answer.Messages[0].ID)}
	if len(answer.Contacts) > 0 {
		r.recipient = store.Identity{WaID: digits(answer.Contacts[0].WaID), BSUID: string(answer.Contacts[0].UserID)}
	}
	return r, nil
}
