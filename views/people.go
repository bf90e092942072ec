package views

import (
	"fmt"
	"strconv"
	"time"

	"agentdesk/store"
)

const PeopleTitle = "People"

// PersonURL is one person's page.
func PersonURL(id int64) string { return path("people", id) }

// PeoplePage is everybody whom the reader leads.
type PeoplePage struct {
	Frame  Frame
	People []store.Agent
	Invite InviteForm
	Link   *NewLink // just made: shown this once
	Now    time.Time
}

// InviteForm is a person to be.
type InviteForm struct {
	Email, Name string
	Role        store.Role
	Errors      Errors
}

func (f InviteForm) role() string {
	if f.Role == "" {
		return string(store.RoleAgent)
	}
	return string(f.Role)
}

// NewLink is a one-time link that nobody will see again.
type NewLink struct {
	Kind   store.LinkKind
	Person store.Agent
	URL    string
}

func (l NewLink) text() string {
	if l.Kind == store.LinkInvitation {
		return "Send this link to " + l.Person.Name + ". It works once, within 24 hours, and is not shown again."
	}
	return "Give this link to " + l.Person.Name + ". It works once, within an hour, and is not shown again."
}

// PersonPage is one person with the forms that the reader may use.
type PersonPage struct {
	Frame   Frame
	Person  store.Agent
	Form    PersonForm
	Link    *NewLink
	Refused string // why something was not done
	Now     time.Time
}

// PersonForm is a person's fields as somebody filled them in.
type PersonForm struct {
	Name     string
	Role     store.Role
	Capacity string
	Errors   Errors
}

func PersonFormOf(a store.Agent) PersonForm {
	return PersonForm{Name: a.Name, Role: a.Role, Capacity: strconv.Itoa(a.Capacity)}
}

func roleName(r store.Role) string {
	switch r {
	case store.RoleAdmin:
		return "Admin"
	case store.RoleSupervisor:
		return "Supervisor"
	}
	return "Agent"
}

var roleOptions = []Option{
	{string(store.RoleAgent), "Agent: answers chats"},
	{string(store.RoleSupervisor), "Supervisor: sees and moves the team’s chats"},
	{string(store.RoleAdmin), "Admin: everything"},
}

func linkButton(a store.Agent) string {
	if a.Invited() {
		return "Make a new invitation link"
	}
	return "Make a link for a new password"
}

func chatsOf(a store.Agent) string { return fmt.Sprintf("%d of %d", a.OpenCount, a.Capacity) }

// share is the load in percent for a bar; a full house of nought is full.
func share(a store.Agent) string {
	if a.Capacity == 0 {
		return "100"
	}
	return strconv.Itoa(min(100, a.OpenCount*100/a.Capacity))
}
