package whatsapp

import "encoding/json"

// message is an inbound message, an echo, or the nested one of an edit (2, 4.3).
type message struct {
	ID               text   `json:"id"`
	Type             text   `json:"type"`
	Timestamp        moment `json:"timestamp"`
	From             text   `json:"from"`
	FromUserID       text   `json:"from_user_id"`
	FromParentUserID text   `json:"from_parent_user_id"`
	To               text   `json:"to"` // echoes
	ToUserID         text   `json:"to_user_id"`
	ToParentUserID   text   `json:"to_parent_user_id"`
	Recipient        text   `json:"recipient"` // the send body inside an echo of standby
	GroupID          text   `json:"group_id"`

	Context  *messageContext `json:"context"`
	Referral *referral       `json:"referral"`
	Errors   list[metaError] `json:"errors"`

	Text        *textContent      `json:"text"`
	Image       *mediaContent     `json:"image"`
	Video       *mediaContent     `json:"video"`
	Audio       *mediaContent     `json:"audio"`
	Document    *mediaContent     `json:"document"`
	Sticker     *mediaContent     `json:"sticker"`
	Location    *locationContent  `json:"location"`
	Contacts    list[contactCard] `json:"contacts"`
	Reaction    *reactionContent  `json:"reaction"`
	Interactive json.RawMessage   `json:"interactive"`
	Button      *buttonContent    `json:"button"`
	Order       *orderContent     `json:"order"`
	System      *systemContent    `json:"system"`
	Template    *templateContent  `json:"template"` // echoes
	Unsupported struct {
		Type text `json:"type"`
	} `json:"unsupported"`
	Edit *struct {
		Original text            `json:"original_message_id"`
		Message  json.RawMessage `json:"message"`
	} `json:"edit"`
	Revoke *struct {
		Original text `json:"original_message_id"`
	} `json:"revoke"`
	Message json.RawMessage `json:"message"` // echoes of standby nest the send body (4.4)
}

type messageContext struct {
	ID                  text `json:"id"`
	Forwarded           flag `json:"forwarded"`
	FrequentlyForwarded flag `json:"frequently_forwarded"`
	Product             *struct {
		CatalogID text `json:"catalog_id"`
		ProductID text `json:"product_retailer_id"`
	} `json:"referred_product"`
}

type referral struct {
	SourceURL  text `json:"source_url"`
	SourceID   text `json:"source_id"`
	SourceType text `json:"source_type"`
	Headline   text `json:"headline"`
	Body       text `json:"body"`
	MediaType  text `json:"media_type"`
	ClickID    text `json:"ctwa_clid"`
}

type textContent struct {
	Body text `json:"body"`
}

type mediaContent struct {
	ID       text  `json:"id"`
	URL      text  `json:"url"`
	Link     text  `json:"link"` // echoes of standby carry what was sent
	MIMEType text  `json:"mime_type"`
	SHA256   text  `json:"sha256"`
	Caption  text  `json:"caption"`
	FileName text  `json:"filename"`
	Size     whole `json:"file_size"`
	Voice    flag  `json:"voice"`
	Animated flag  `json:"animated"`
}

type locationContent struct {
	Latitude  *decimal `json:"latitude"`
	Longitude *decimal `json:"longitude"`
	Name      text     `json:"name"`
	Address   text     `json:"address"`
	URL       text     `json:"url"`
}

type contactCard struct {
	Name struct {
		Formatted text `json:"formatted_name"`
		First     text `json:"first_name"`
		Last      text `json:"last_name"`
	} `json:"name"`
	Phones list[struct {
		Phone text `json:"phone"`
		WaID  text `json:"wa_id"`
		Type  text `json:"type"`
	}] `json:"phones"`
	Emails list[struct {
		Email text `json:"email"`
		Type  text `json:"type"`
	}] `json:"emails"`
	URLs list[struct {
		URL  text `json:"url"`
		Type text `json:"type"`
	}] `json:"urls"`
	Addresses list[struct {
		Street  text `json:"street"`
		City    text `json:"city"`
		State   text `json:"state"`
		Zip     text `json:"zip"`
		Country text `json:"country"`
		Type    text `json:"type"`
	}] `json:"addresses"`
	Org struct {
		Company text `json:"company"`
		Title   text `json:"title"`
	} `json:"org"`
	Birthday text `json:"birthday"`
}

type reactionContent struct {
	MessageID text `json:"message_id"`
	Emoji     text `json:"emoji"` // absent or empty: taken away
}

type buttonContent struct {
	Payload text `json:"payload"`
	Text    text `json:"text"`
}

type orderContent struct {
	CatalogID text `json:"catalog_id"`
	Text      text `json:"text"`
	Items     list[struct {
		ProductID text  `json:"product_retailer_id"`
		Quantity  whole `json:"quantity"`
		Price     text  `json:"item_price"`
		Currency  text  `json:"currency"`
	}] `json:"product_items"`
}

// systemContent in all its ages: previous_* are new, new_wa_id and customer old (2, 2.1).
type systemContent struct {
	Type                 text `json:"type"`
	Body                 text `json:"body"`
	WaID                 text `json:"wa_id"`
	NewWaID              text `json:"new_wa_id"`
	Customer             text `json:"customer"`
	UserID               text `json:"user_id"`
	ParentUserID         text `json:"parent_user_id"`
	PreviousUserID       text `json:"previous_user_id"`
	PreviousParentUserID text `json:"previous_parent_user_id"`
}

type templateContent struct {
	Name     text `json:"name"`
	Language struct {
		Code text `json:"code"`
	} `json:"language"`
}

// status is one row of statuses[]: of a message (3), or, with type "call", of a call (12.1).
type status struct {
	ID                    text            `json:"id"`
	Type                  text            `json:"type"`
	Status                text            `json:"status"`
	Timestamp             moment          `json:"timestamp"`
	RecipientID           text            `json:"recipient_id"`
	RecipientType         text            `json:"recipient_type"`
	RecipientUserID       text            `json:"recipient_user_id"`
	RecipientParentUserID text            `json:"recipient_parent_user_id"`
	ParentRecipientUserID text            `json:"parent_recipient_user_id"` // early spelling of the same
	CallbackData          text            `json:"biz_opaque_callback_data"`
	Errors                json.RawMessage `json:"errors"`
	Conversation          json.RawMessage `json:"conversation"`
	Pricing               json.RawMessage `json:"pricing"`
}

// call is one event of a call (12.1).
type call struct {
	ID               text   `json:"id"`
	From             text   `json:"from"`
	FromUserID       text   `json:"from_user_id"`
	FromParentUserID text   `json:"from_parent_user_id"`
	To               text   `json:"to"`
	ToUserID         text   `json:"to_user_id"`
	ToParentUserID   text   `json:"to_parent_user_id"`
	Event            text   `json:"event"`
	Direction        text   `json:"direction"`
	Timestamp        moment `json:"timestamp"`
	Status           text   `json:"status"`
	StartTime        moment `json:"start_time"`
	EndTime          moment `json:"end_time"`
	Duration         whole  `json:"duration"`
}

// preference: a contact stopped or resumed marketing (4.3).
type preference struct {
	WaID      text   `json:"wa_id"`
	UserID    text   `json:"user_id"`
	Detail    text   `json:"detail"`
	Category  text   `json:"category"`
	Value     text   `json:"value"`
	Timestamp moment `json:"timestamp"`
}

// idUpdate is a row of the field user_id_update, which Meta documents and takes back in turns (2.1).
type idUpdate struct {
	WaID   text `json:"wa_id"`
	Detail text `json:"detail"`
	UserID struct {
		Previous text `json:"previous"`
		Current  text `json:"current"`
	} `json:"user_id"`
	ParentUserID struct {
		Previous text `json:"previous"`
		Current  text `json:"current"`
	} `json:"parent_user_id"`
	Timestamp moment `json:"timestamp"`
}

// handover: another app or Meta's agent gives a thread to us or takes it (4.4).
type handover struct {
	Sender struct {
		PhoneNumber text `json:"phone_number"`
		UserID      text `json:"user_id"`
	} `json:"sender"`
	Recipient struct {
		PhoneNumberID text `json:"phone_number_id"`
	} `json:"recipient"`
	Metadata  metadata       `json:"metadata"`
	Type      text           `json:"type"`
	Timestamp moment         `json:"timestamp"`
	Passed    handoverDetail `json:"control_passed"`
	Taken     handoverDetail `json:"control_taken"`
}

type handoverDetail struct {
	Metadata     text                `json:"metadata"`
	Conversation conversationContext `json:"conversation_context"`
}
