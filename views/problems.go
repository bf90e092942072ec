package views

import (
	"fmt"
	"net/http"

	"agentdesk/store"
)

// What the desk says when something could not be done.
const (
	NotFoundTitle  = "Not here"
	NotFoundText   = "This does not exist, or it is not yours to see."
	ForbiddenTitle = "Not allowed"
	ForbiddenText  = "You can see this, but you may not do that to it."
	InvalidTitle   = "That cannot be taken"
	TooLargeText   = "That is too much at once."
	SignedOutText  = "You are signed out. Sign in again to go on."
	ConflictTitle  = "Somebody was faster"
	BrokenTitle    = "Something broke"
	BrokenText     = "It is our fault, not yours. Nothing you typed is lost; try again in a moment."
)

// ConflictText says in one sentence what stood in the way.
func ConflictText(c store.Conflict) string {
	who := "A colleague"
	if c.Agent != nil {
		who = c.Agent.Name
	}
	switch c.Kind {
	case store.ConflictOwned:
		if c.Agent == nil {
			return "This chat has changed hands meanwhile."
		}
		return fmt.Sprintf("%s has this chat now.", who)
	case store.ConflictAnswered:
		return fmt.Sprintf("%s answered while you were typing.", who)
	case store.ConflictWindowEnded:
		return "The 24-hour window has closed. Only approved templates can be sent."
	case store.ConflictOverCapacity:
		return fmt.Sprintf("%s has as many chats as they can take.", who)
	case store.ConflictClosed:
		return "This chat has been closed meanwhile."
	case store.ConflictOpen:
		return "This chat has been reopened meanwhile."
	case store.ConflictSettled:
		return "This message has been dealt with meanwhile."
	}
	return "Somebody was faster."
}

// HTTPProblem names a status of the protocol itself.
func HTTPProblem(code int, message any) (status int, title, text string) {
	switch code {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return http.StatusNotFound, NotFoundTitle, NotFoundText
	case http.StatusForbidden:
		return code, ForbiddenTitle, fmt.Sprint(message)
	case http.StatusRequestEntityTooLarge:
		return code, InvalidTitle, TooLargeText
	case http.StatusTooManyRequests:
		return code, "Too many attempts", fmt.Sprint(message)
	case http.StatusServiceUnavailable:
		return code, "Not ready", "The desk is starting, stopping, or cannot reach its database. Try again in a moment."
	}
	if code >= 500 {
		return code, BrokenTitle, BrokenText
	}
	return code, InvalidTitle, fmt.Sprint(message)
}
