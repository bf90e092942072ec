package whatsapp

import (
	"encoding/json"
	"strings"

	"agentdesk/store"
)

// content is what a message says: its kind, the text that rows and search show, and its details. Whatever has nothing to
// show for its type becomes KindUnsupported with its JSON, so that no bubble is blank (2).
func content(m message, raw json.RawMessage, valueErrors list[metaError]) (store.MessageKind, string, store.Details) {
	d := store.Details{}
	kind, body := described(m, &d)
	if kind == "" {
		kind, body = store.KindUnsupported, ""
		d = store.Details{Unsupported: unsupported(m, raw, valueErrors)}
	}
	if c := m.Context; c != nil {
		switch {
		case bool(c.FrequentlyForwarded):
			d.Forwarded = "frequently"
		case bool(c.Forwarded):
			d.Forwarded = "forwarded"
		}
		if c.Product != nil {
			d.Product = &store.Product{CatalogID: string(c.Product.CatalogID), ProductID: string(c.Product.ProductID)}
		}
	}
	if ref := m.Referral; ref != nil {
		d.Referral = &store.Referral{
			SourceType: string(ref.SourceType), SourceID: string(ref.SourceID), SourceURL: string(ref.SourceURL),
			Headline: string(ref.Headline), Body: string(ref.Body), ClickID: string(ref.ClickID), MediaType: string(ref.MediaType),
		}
	}
	return kind, body, d
}

// described fills in the details that belong to m's type. No kind: the type is unknown or its object is not there.
func described(m message, d *store.Details) (store.MessageKind, string) {
	switch m.Type {
	case "text":
		if m.Text != nil && m.Text.Body != "" {
			return store.KindText, string(m.Text.Body)
		}
	case "image":
		return attached(store.KindImage, m, m.Image, d)
	case "video":
		return attached(store.KindVideo, m, m.Video, d)
	case "audio":
		return attached(store.KindAudio, m, m.Audio, d)
	case "document":
		return attached(store.KindDocument, m, m.Document, d)
	case "sticker":
		return attached(store.KindSticker, m, m.Sticker, d)
	case "location":
		return place(m.Location, d)
	case "contacts":
		return cards(m.Contacts, d)
	case "interactive":
		return answered(m.Interactive, d)
	case "button":
		if m.Button != nil && m.Button.Text+m.Button.Payload != "" {
			title := m.Button.Text
			if title == "" {
				title = m.Button.Payload
			}
			d.Answer = &store.Answer{Type: "template_button", ID: string(m.Button.Payload), Title: string(title)}
			return store.KindAnswer, string(title)
		}
	case "order":
		return ordered(m.Order, d)
	case "request_welcome":
		return store.KindWelcome, ""
	case "template":
		if m.Template != nil && m.Template.Name != "" {
			d.Template = &store.SentTemplate{Name: string(m.Template.Name), Language: language(m.Template.Language.Code)}
			return store.KindTemplate, string(m.Template.Name)
		}
	}
	return "", ""
}

func attached(kind store.MessageKind, m message, c *mediaContent, d *store.Details) (store.MessageKind, string) {
	tooLarge := false
	for _, e := range m.Errors {
		tooLarge = tooLarge || e.Code == 131052
	}
	if c == nil && !tooLarge {
		return "", ""
	}
	if c == nil {
		c = &mediaContent{}
	}
	mime, _, _ := strings.Cut(string(c.MIMEType), ";") // "audio/ogg; codecs=opus"
	url := c.URL
	if url == "" {
		url = c.Link
	}
	d.Media = &store.Media{
		MetaID: string(c.ID), URL: string(url), MIMEType: strings.TrimSpace(mime), SHA256: string(c.SHA256),
		FileName: string(c.FileName), Size: max(0, int64(c.Size)), Voice: bool(c.Voice), Animated: bool(c.Animated), TooLarge: tooLarge,
	}
	return kind, string(c.Caption)
}

func place(c *locationContent, d *store.Details) (store.MessageKind, string) {
	if c == nil || c.Latitude == nil || c.Longitude == nil {
		return "", ""
	}
	d.Location = &store.Location{
		Latitude: float64(*c.Latitude), Longitude: float64(*c.Longitude),
		Name: string(c.Name), Address: string(c.Address), URL: string(c.URL),
	}
	return store.KindLocation, joined(", ", c.Name, c.Address)
}

func ordered(c *orderContent, d *store.Details) (store.MessageKind, string) {
	if c == nil {
		return "", ""
	}
	order := &store.Order{CatalogID: string(c.CatalogID), Text: string(c.Text)}
	for _, item := range c.Items {
		order.Items = append(order.Items, store.OrderItem{
			ProductID: string(item.ProductID), Quantity: int(item.Quantity), Price: string(item.Price), Currency: string(item.Currency),
		})
	}
	d.Order = order
	return store.KindOrder, string(c.Text)
}

func cards(list list[contactCard], d *store.Details) (store.MessageKind, string) {
	var names []text
	for _, c := range list {
		card := store.ContactCard{
			Name:    string(c.Name.Formatted),
			Company: string(c.Org.Company), Title: string(c.Org.Title), Birthday: string(c.Birthday),
		}
		if card.Name == "" {
			card.Name = joined(" ", c.Name.First, c.Name.Last)
		}
		add := func(to *[]store.Labelled, label, value string) {
			if value != "" {
				*to = append(*to, store.Labelled{Label: label, Value: value})
			}
		}
		for _, p := range c.Phones {
			phone := string(p.Phone)
			if phone == "" {
				phone = e164(digits(p.WaID))
			}
			add(&card.Phones, string(p.Type), phone)
		}
		for _, e := range c.Emails {
			add(&card.Emails, string(e.Type), string(e.Email))
		}
		for _, u := range c.URLs {
			add(&card.URLs, string(u.Type), string(u.URL))
		}
		for _, a := range c.Addresses {
			add(&card.Addresses, string(a.Type), joined(", ", a.Street, text(joined(" ", a.Zip, a.City)), a.State, a.Country))
		}
		if card.Name == "" && len(card.Phones)+len(card.Emails)+len(card.URLs)+len(card.Addresses) == 0 && card.Company == "" {
			continue
		}
		d.Contacts = append(d.Contacts, card)
		switch {
		case card.Name != "":
			names = append(names, text(card.Name))
		case len(card.Phones) > 0:
			names = append(names, text(card.Phones[0].Value))
		}
	}
	if len(d.Contacts) == 0 {
		return "", ""
	}
	return store.KindContacts, joined(", ", names...)
}

// unsupported keeps what could not be shown, for admins. Very large items are found in the raw delivery only.
func unsupported(m message, raw json.RawMessage, valueErrors list[metaError]) *store.Unsupported {
	const largest = 64 << 10
	u := &store.Unsupported{Type: string(m.Unsupported.Type)}
	if u.Type == "" && m.Type != "unsupported" {
		u.Type = string(m.Type)
	}
	for _, errs := range []list[metaError]{m.Errors, valueErrors} {
		if len(errs) > 0 && u.Code == 0 {
			u.Code, u.Reason = int(errs[0].Code), errs[0].details()
		}
	}
	if len(raw) <= largest {
		u.Raw = json.RawMessage(strings.ToValidUTF8(string(raw), "\uFFFD"))
	}
	return u
}

// joined puts the parts that are there together.
func joined(separator string, parts ...text) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, string(p))
		}
	}
	return strings.Join(out, separator)
}
