package views

import (
	"fmt"
	"strconv"
	"time"

	"agentdesk/store"
)

// Frame is what every signed-in page stands in.
type Frame struct {
	Title   string
	Section Section
	Agent   store.Agent
	Unread  int            // own chats with something unread; also in the title
	Numbers []store.Number // for the banners
	Seq     int64          // the last event this page contains; the socket starts after it
	ChatID  int64          // the open chat; 0 = none
	Pane    string         // on a phone: "list" or "chat"
	Now     time.Time      // business time
}

// Section is the place in the rail.
type Section string

const (
	SectionChats      Section = "chats"
	SectionTemplates  Section = "templates"
	SectionPeople     Section = "people"
	SectionDeliveries Section = "deliveries"
	SectionSettings   Section = "settings"
	SectionProfile    Section = "profile"
)

// documentTitle carries the unread count; the page keeps it current from data-unread.
func (f Frame) documentTitle() string {
	title := f.Title + " · Agentdesk"
	if f.Unread > 0 {
		return fmt.Sprintf("(%d) %s", f.Unread, title)
	}
	return title
}

func (f Frame) leads() bool  { return f.Agent.Role != store.RoleAgent }
func (f Frame) admin() bool  { return f.Agent.Role == store.RoleAdmin }
func (f Frame) load() string { return fmt.Sprintf("%d/%d", f.Agent.OpenCount, f.Agent.Capacity) }

// liveURL is the first connection's; the page's script writes the later ones.
func (f Frame) liveURL() string { return withQuery("/live", "since", f.since(), "chat", f.chatID()) }

func (f Frame) since() string  { return strconv.FormatInt(f.Seq, 10) }
func (f Frame) chatID() string { return strconv.FormatInt(f.ChatID, 10) }

func presenceName(p store.Presence) string {
	switch p {
	case store.Available:
		return "Available"
	case store.Away:
		return "Away"
	}
	return "Offline"
}

func toastRole(failed bool) string {
	if failed {
		return "alert"
	}
	return "status"
}

// pauseSentence says to everybody that a number does not send; pauseCause tells admins why and what to do.
func pauseSentence(n store.Number) string {
	return fmt.Sprintf("Messages from %s are waiting: WhatsApp does not take them at the moment. Nothing is lost.", n.DisplayName())
}

func pauseCause(n store.Number) string {
	code := ""
	if n.PausedCode != 0 {
		code = fmt.Sprintf(" (Meta's code %d)", n.PausedCode)
	}
	switch n.PausedReason {
	case store.PauseToken:
		return "The access token has expired or was withdrawn" + code + ". Put a new one into the settings and start the desk again."
	case store.PausePermission:
		return "The access token lacks a permission" + code + ". It needs whatsapp_business_messaging and whatsapp_business_management."
	case store.PausePayment:
		return "Meta reports a problem with the payment method" + code + ". Mend it in the account's billing settings."
	case store.PauseRestricted:
		return "Meta has restricted the account" + code + ". Its reason stands in the account's quality page."
	case store.PauseNumber:
		return "The number is not registered with the Cloud API" + code + "."
	case store.PauseName:
		return "The display name has not been approved" + code + "."
	}
	return "Meta refuses to send" + code + "."
}
