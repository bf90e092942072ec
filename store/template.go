package store

import "time"

// Template is a message form that Meta reviews: one name in one language.
type Template struct {
	ID              int64
	WABAID          string `gorm:"column:waba_id"`
	MetaID          string
	Name            string
	Language        string // en_US, never en-US
	Category        string // MARKETING, UTILITY, AUTHENTICATION
	Status          string // Meta's word, upper case
	Quality         string
	ParameterFormat string              // POSITIONAL or NAMED
	Components      []TemplateComponent `gorm:"serializer:json"`
	Reason          string
	NextCategory    string
	ChangedAt       time.Time `gorm:"serializer:ms"`
	SyncedAt        time.Time `gorm:"serializer:ms"`
	RemovedAt       time.Time `gorm:"serializer:ms"`
}

// TemplateComponent is a component as Meta lists it (platform document 8.2).
type TemplateComponent struct {
	Type    string           `json:"type"`             // HEADER, BODY, FOOTER, BUTTONS, and kinds to come
	Format  string           `json:"format,omitempty"` // of a header: TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION
	Text    string           `json:"text,omitempty"`
	Buttons []TemplateButton `json:"buttons,omitempty"`
	Example *TemplateExample `json:"example,omitempty"`
}

type TemplateButton struct {
	Type    string   `json:"type"` // QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, OTP, FLOW, …
	Text    string   `json:"text,omitempty"`
	URL     string   `json:"url,omitempty"`
	Phone   string   `json:"phone_number,omitempty"`
	Example []string `json:"example,omitempty"`
}

type TemplateExample struct {
	HeaderText   []string       `json:"header_text,omitempty"`
	HeaderHandle []string       `json:"header_handle,omitempty"`
	BodyText     [][]string     `json:"body_text,omitempty"`
	HeaderNamed  []NamedExample `json:"header_text_named_params,omitempty"`
	BodyNamed    []NamedExample `json:"body_text_named_params,omitempty"`
}

type NamedExample struct {
	Name    string `json:"param_name"`
	Example string `json:"example"`
}

// TemplateValues are what an agent filled in, by the variable's field name (Variable.Field).
type TemplateValues map[string]string
