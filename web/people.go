package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

func (s *Server) showPeople(c echo.Context) error {
	return s.renderPeople(c, http.StatusOK, views.PeoplePage{})
}

func (s *Server) renderPeople(c echo.Context, status int, page views.PeoplePage) error {
	frame, err := s.frameOf(c, views.Frame{Title: views.PeopleTitle, Section: views.SectionPeople})
	if err != nil {
		return err
	}
	if page.People, err = s.store.People(c.Request().Context(), who(c)); err != nil {
		return err
	}
	page.Frame, page.Now = frame, s.store.Real()
	if targets(c, views.IDPage) {
		return s.render(c, status, views.PeopleTable(page))
	}
	return s.render(c, status, views.People(page))
}

// invitePerson makes a person and shows the link for them, this once: only its hash is kept.
func (s *Server) invitePerson(c echo.Context) error {
	ctx, by := c.Request().Context(), who(c)
	page := views.PeoplePage{Invite: views.InviteForm{Email: strings.TrimSpace(c.FormValue("email")),
		Name: strings.TrimSpace(c.FormValue("name")), Role: store.Role(c.FormValue("role"))}}
	person, err := s.store.CreateAgent(ctx, &by, store.NewAgent{Email: page.Invite.Email, Name: page.Invite.Name,
		Role: page.Invite.Role, TimeZone: by.TimeZone})
	if wrong, ok := fieldErrors(err); ok {
		page.Invite.Errors = wrong
		return s.renderPeople(c, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	token, err := s.store.CreateLink(ctx, &by, store.LinkInvitation, person.ID)
	if err != nil {
		return err
	}
	page.Invite = views.InviteForm{}
	page.Link = s.newLink(store.LinkInvitation, person, token)
	return s.renderPeople(c, http.StatusOK, page)
}

func (s *Server) newLink(kind store.LinkKind, person store.Agent, token string) *views.NewLink {
	return &views.NewLink{Kind: kind, Person: person, URL: s.baseURL.JoinPath("links", token).String()}
}

func (s *Server) showPerson(c echo.Context) error {
	person, err := s.person(c)
	if err != nil {
		return err
	}
	return s.renderPerson(c, http.StatusOK, views.PersonPage{Person: person, Form: views.PersonFormOf(person)})
}

// person is the one in the path, in any state, as far as who reaches; ErrNotFound.
func (s *Server) person(c echo.Context) (store.Agent, error) {
	id, err := pathID(c)
	if err != nil {
		return store.Agent{}, err
	}
	return s.personByID(c.Request().Context(), who(c), id)
}

func (s *Server) personByID(ctx context.Context, by store.Agent, id int64) (store.Agent, error) {
	people, err := s.store.People(ctx, by)
	if err != nil {
		return store.Agent{}, err
	}
	i := slices.IndexFunc(people, func(a store.Agent) bool { return a.ID == id })
	if i < 0 {
		return store.Agent{}, store.ErrNotFound
	}
	return people[i], nil
}

func (s *Server) renderPerson(c echo.Context, status int, page views.PersonPage) error {
	frame, err := s.frameOf(c, views.Frame{Title: page.Person.Name, Section: views.SectionPeople})
	if err != nil {
		return err
	}
	page.Frame, page.Now = frame, s.store.Real()
	if targets(c, views.IDPage) {
		return s.render(c, status, views.PersonFacts(page))
	}
	return s.render(c, status, views.Person(page))
}

// changePerson takes the fields that the form had: supervisors have only the capacity.
func (s *Server) changePerson(c echo.Context) error {
	person, err := s.person(c)
	if err != nil {
		return err
	}
	sent, err := c.FormParams()
	if err != nil {
		return err
	}
	form, change := views.PersonFormOf(person), store.AgentChange{}
	if sent.Has("name") {
		form.Name = strings.TrimSpace(sent.Get("name"))
		change.Name = &form.Name
	}
	if sent.Has("role") {
		role := store.Role(sent.Get("role"))
		form.Role, change.Role = role, &role
	}
	if sent.Has("capacity") {
		form.Capacity = sent.Get("capacity")
		capacity, err := strconv.Atoi(form.Capacity)
		if err != nil {
			capacity = -1 // the store says what it takes
		}
		change.Capacity = &capacity
	}
	_, err = s.store.ChangeAgent(c.Request().Context(), who(c), person.ID, change)
	if wrong, ok := fieldErrors(err); ok {
		form.Errors = wrong
		return s.renderPerson(c, http.StatusUnprocessableEntity, views.PersonPage{Person: person, Form: form})
	}
	if err != nil {
		return err
	}
	return seeOther(c, views.PeopleURL)
}

func (s *Server) setPresence(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	presence := store.Presence(c.FormValue("presence"))
	if err := s.store.SetPresenceOf(c.Request().Context(), who(c), id, presence); err != nil {
		return err
	}
	return seeOther(c, views.PersonURL(id))
}

// createLink makes a link for somebody who has not come yet, or who cannot get in any more, and shows it this once.
func (s *Server) createLink(c echo.Context) error {
	person, err := s.person(c)
	if err != nil {
		return err
	}
	by, kind := who(c), store.LinkReset
	if person.Invited() {
		kind = store.LinkInvitation
	}
	token, err := s.store.CreateLink(c.Request().Context(), &by, kind, person.ID)
	if err != nil {
		return err
	}
	return s.renderPerson(c, http.StatusOK, views.PersonPage{Person: person, Form: views.PersonFormOf(person), Link: s.newLink(kind, person, token)})
}

func (s *Server) disablePerson(c echo.Context) error { return s.setDisabled(c, true) }
func (s *Server) enablePerson(c echo.Context) error  { return s.setDisabled(c, false) }

func (s *Server) setDisabled(c echo.Context, disabled bool) error {
	person, err := s.person(c)
	if err != nil {
		return err
	}
	_, err = s.store.ChangeAgent(c.Request().Context(), who(c), person.ID, store.AgentChange{Disabled: &disabled})
	var invalid store.Invalid
	if errors.As(err, &invalid) {
		return s.renderPerson(c, http.StatusUnprocessableEntity, views.PersonPage{Person: person, Form: views.PersonFormOf(person), Refused: invalid.Message})
	}
	if err != nil {
		return err
	}
	return seeOther(c, views.PersonURL(person.ID))
}
