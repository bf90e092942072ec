package simulator

import (
	"fmt"
	"maps"
	"net/http"
)

// graphError is a refusal in Meta's shape (10).
type graphError struct {
	code, subcode      int
	status             int // default: by the code
	message            string
	details            string
	userTitle, userMsg string // only where people create templates
	extra              object // stands beside the error in the answer
}

// known are the codes that the simulator gives or can be told to give, with HTTP status and title (10).
var known = map[int]struct {
	status int
	title  string
}{
	0: {401, "AuthException"}, 1: {400, "API Unknown"}, 2: {503, "API Service"}, 3: {500, "API Method"},
	4: {400, "API Too Many Calls"}, 10: {403, "API Permission Denied"}, 33: {400, "Parameter value is not valid"},
	100: {400, "Invalid parameter"}, 190: {401, "Access token has expired"}, 200: {403, "API Permission"},
	368: {403, "Temporarily blocked for policies violations"}, 613: {400, "Calls to this api have exceeded the rate limit"},
	80007: {400, "Rate limit issues"}, 130403: {400, "User is blocked"}, 130429: {400, "Rate limit hit"},
	130472: {400, "User's number is part of an experiment"}, 130497: {403, "Business account is restricted from messaging users in this country"},
	131000: {500, "Something went wrong"}, 131005: {403, "Access denied"}, 131008: {400, "Required parameter is missing"},
	131009: {400, "Parameter value is not valid"}, 131016: {500, "Service unavailable"},
	131021: {400, "Recipient cannot be sender"}, 131026: {400, "Message undeliverable"},
	131030: {400, "Recipient phone number not in allowed list"}, 131031: {403, "Account has been locked"},
	131037: {400, "Display name approval needed"}, 131041: {400, "Group is unknown"},
	131042: {400, "Business eligibility payment issue"}, 131044: {400, "Payment issue"},
	131045: {500, "Incorrect certificate"}, 131047: {400, "Re-engagement message"}, 131048: {400, "Spam rate limit hit"},
	131049: {400, "This message was not delivered to maintain healthy ecosystem engagement"},
	131050: {400, "User has stopped marketing messages"}, 131051: {400, "Unsupported message type"},
	131052: {400, "Media download error"}, 131053: {400, "Media upload error"},
	131056: {400, "(Business Account, Consumer Account) pair rate limit hit"},
	131057: {500, "Account in maintenance mode"}, 131059: {400, "Invalid paging cursor"},
	131062: {400, "Business-scoped user ID recipients are not supported for this message"},
	131063: {400, "Marketing templates are disabled"}, 131064: {400, "Sending limited"},
	132000: {400, "Number of parameters does not match the expected number of params"},
	132001: {404, "Template name does not exist in the translation"}, 132005: {400, "Translated text too long"},
	132007: {400, "Template format character policy violated"}, 132008: {400, "Template parameter value is not valid"},
	132012: {400, "Parameter format does not match format in the created template"},
	132015: {400, "Template is paused"}, 132016: {400, "Template is disabled"}, 132018: {400, "Template parameter is not valid"},
	132068: {400, "Flow is in blocked state"}, 132069: {400, "Flow is in throttled state"},
	133004: {503, "Server temporarily unavailable"}, 133010: {400, "Phone number not registered"},
	135000: {400, "Generic user error"}, 137000: {400, "Identity key mismatch"}, 139200: {400, "Direct send blocked"},
}

// standing explanations for codes that come without a special one.
var details = map[int]string{
	131026: "Message undeliverable.",
	131047: "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
	131056: "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.",
	130429: "Message failed to send because there were too many messages sent from this phone number in a short period of time.",
}

// refuse is the refusal with this code; format says in error_data.details what was wrong.
func refuse(code int, format string, args ...any) *graphError {
	return &graphError{code: code, details: fmt.Sprintf(format, args...)}
}

// unknownNode is what Graph says for an id that it does not know or a call that the object does not have.
func unknownNode(method, id string) *graphError {
	return &graphError{code: 100, subcode: 33, message: fmt.Sprintf("Unsupported %s request. Object with ID '%s' does not exist, "+
		"cannot be loaded due to missing permissions, or does not support this operation", method, id)}
}

func (e *graphError) httpStatus() int {
	if e.status != 0 {
		return e.status
	}
	if k, ok := known[e.code]; ok {
		return k.status
	}
	return http.StatusBadRequest
}

func title(code int) string {
	if k, ok := known[code]; ok {
		return k.title
	}
	return "Unknown error"
}

func (e *graphError) body() object {
	message := e.message
	if message == "" {
		message = fmt.Sprintf("(#%d) %s", e.code, title(e.code))
	}
	out := object{"message": message, "type": "OAuthException", "code": e.code, "fbtrace_id": "A" + randomDigits(20)}
	if e.subcode != 0 {
		out["error_subcode"] = e.subcode
	}
	text := e.details
	if text == "" {
		text = details[e.code]
	}
	if text != "" {
		out["error_data"] = object{"messaging_product": "whatsapp", "details": text}
	}
	if e.userTitle != "" {
		out["is_transient"] = false
		out["error_user_title"] = e.userTitle
		out["error_user_msg"] = e.userMsg
	}
	answer := object{"error": out}
	maps.Copy(answer, e.extra)
	return answer
}

// statusError is the entry of statuses[].errors for a code.
func statusError(code int) object {
	text := details[code]
	if text == "" {
		text = title(code) + "."
	}
	return object{
		"code": code, "title": title(code), "message": title(code), "error_data": object{"details": text},
		"href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
	}
}
