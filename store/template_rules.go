package store

// Variable is one blank of a template that the sender fills in.
type Variable struct {
	Field   string // form field: "header.1", "body.1", "body.first_name", "button.0"
	Part    string // header, body, button
	Name    string // "1" or "first_name", as it stands between the braces
	Button  int    // index of the button, for Part button
	Example string
	Limit   int // characters, counted as UTF-16
}

// Sendable says whether Meta takes it: APPROVED, and FLAGGED and REINSTATED, which are warnings (platform document 4.1).
func (t Template) Sendable() bool { panic("not built yet") }

// Supported says whether this desk can fill it in: media and location headers, authentication codes, carousels and the
// like cannot be sent from here yet.
func (t Template) Supported() bool { panic("not built yet") }

// Variables lists the blanks in the order a person fills them: header, body, buttons.
func (t Template) Variables() []Variable { panic("not built yet") }

// Check says everything that Meta would refuse about these values, by field: missing, too long, line breaks, tabs, more
// than four spaces in a row, the filled body over 1,024 characters (platform document 6.3). Empty = good.
func (t Template) Check(v TemplateValues) []Invalid { panic("not built yet") }

// Render is the template as the customer will see it. Blanks without a value keep their braces.
func (t Template) Render(v TemplateValues) SentTemplate { panic("not built yet") }
