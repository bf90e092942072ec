package whatsapp

// templateChange is any of the template fields (4.1). Meta's own examples print wrong field names, so what a change says
// is decided by the keys it has.
type templateChange struct {
	ID       text `json:"message_template_id"` // a JSON number of 15-16 digits here
	Name     text `json:"message_template_name"`
	Language text `json:"message_template_language"`

	Event     text `json:"event"`
	Reason    text `json:"reason"`
	Category  text `json:"message_template_category"`
	Rejection struct {
		Reason         text `json:"reason"`
		Recommendation text `json:"recommendation"`
	} `json:"rejection_info"`
	Other struct {
		Title       text `json:"title"`
		Description text `json:"description"`
	} `json:"other_info"`

	NewQuality text `json:"new_quality_score"`

	NewCategory      text `json:"new_category"`
	PreviousCategory text `json:"previous_category"`
	CorrectCategory  text `json:"correct_category"` // present: announced, new_category is still the current one
}

// numberChange is phone_number_quality_update, phone_number_name_update, business_capability_update or security (4.2).
type numberChange struct {
	DisplayPhone text `json:"display_phone_number"`
	Event        text `json:"event"`
	DailyLimit   text `json:"max_daily_conversations_per_business"` // TIER_… or a number
	CurrentLimit text `json:"current_limit"`                        // before February 2026
	Decision     text `json:"decision"`
	VerifiedName text `json:"requested_verified_name"`
}

// accountChange is account_update or account_alerts (4.2).
type accountChange struct {
	Event        text `json:"event"`
	Restrictions list[struct {
		Type       text   `json:"restriction_type"`
		Expiration moment `json:"expiration"`
	}] `json:"restriction_info"`
	Violation struct {
		Type text `json:"violation_type"`
	} `json:"violation_info"`
	Ban struct {
		State text `json:"waba_ban_state"`
		Date  text `json:"waba_ban_date"`
	} `json:"ban_info"`
	Disconnection struct {
		Reason text `json:"reason"`
	} `json:"disconnection_info"`
	WABA struct {
		ID text `json:"waba_id"`
	} `json:"waba_info"`
	Alert struct {
		Severity    text `json:"alert_severity"`
		Status      text `json:"alert_status"`
		Type        text `json:"alert_type"`
		Description text `json:"alert_description"`
	} `json:"alert_info"`
}
