package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AgentChange changes a person; nil fields stay.
type AgentChange struct {
	Name     *string
	Role     *Role
	Capacity *int
	Disabled *bool
}

// ChangeAgent: admins everything, supervisors the capacity of their team's people: ErrForbidden, and ErrNotFound for
// people of other teams. Disabling ends sessions (epoch), links and presence, and sends the person's open chats back to
// the queue in the same transaction. The last enabled admin stays one. Recorded. Invalid: name, role, capacity, disabled.
func (s *Store) ChangeAgent(ctx context.Context, by Agent, id int64, c AgentChange) (a Agent, err error) {
	err = s.command(ctx, func(t *tx) error {
		if a, err = t.person(by, id); err != nil {
			return err
		}
		if by.Role != RoleAdmin && (c.Name != nil || c.Role != nil || c.Disabled != nil) {
			return ErrForbidden
		}
		before := a
		if err := c.put(&a, t.real); err != nil {
			return err
		}
		changed := differences(before, a)
		if len(changed) == 0 {
			return nil
		}
		if err := t.keepAnAdmin(before, a); err != nil {
			return err
		}
		err := t.Model(&Agent{}).Where("id = ?", id).Select("name", "role", "capacity", "disabled_at", "epoch", "presence", "offline_since").
			Updates(&a).Error
		if err != nil {
			return fmt.Errorf("change agent %d: %w", id, err)
		}
		if a.Disabled() && !before.Disabled() {
			if err := t.leave(&a, by.ID); err != nil {
				return err
			}
		}
		t.emit(Event{Kind: AgentChanged, AgentID: id})
		return t.audit(by.ID, "", "person.changed", object(id), changed)
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

// put puts the wanted fields into a, checked.
func (c AgentChange) put(a *Agent, now time.Time) error {
	if c.Name != nil {
		a.Name = strings.TrimSpace(*c.Name)
	}
	if c.Role != nil {
		a.Role = *c.Role
	}
	if c.Capacity != nil {
		a.Capacity = *c.Capacity
	}
	switch {
	case c.Disabled == nil || *c.Disabled == a.Disabled():
	case *c.Disabled:
		a.DisabledAt = now
		a.Epoch++
		if a.Presence != Offline {
			a.Presence, a.OfflineSince = Offline, now
		}
	default:
		a.DisabledAt = time.Time{}
	}
	return firstInvalid(errors.Join(checkName(a.Name), checkRole(a.Role), checkCapacity(a.Capacity)))
}

// keepAnAdmin refuses the change that would leave nobody who can sign in and administer the desk.
func (t *tx) keepAnAdmin(before, after Agent) error {
	administers := func(a Agent) bool { return a.administers() && !a.Invited() }
	if !administers(before) || administers(after) {
		return nil
	}
	others, err := countAdmins(t.Where("id <> ?", after.ID))
	if err != nil || others > 0 {
		return err
	}
	field := "role"
	if after.Disabled() {
		field = "disabled"
	}
	return Invalid{Field: field, Message: "This is the last admin. Make somebody else an admin first."}
}

// leave is what follows from disabling somebody: their links die and their chats wait in the queue again.
func (t *tx) leave(a *Agent, by int64) error {
	if err := t.endLinks(a.ID); err != nil {
		return err
	}
	var owned []int64
	if err := t.Model(&Chat{}).Where("owner_id = ?", a.ID).Order("id").Pluck("id", &owned).Error; err != nil {
		return fmt.Errorf("chats of agent %d: %w", a.ID, err)
	}
	for _, id := range owned {
		c, err := t.chat(id)
		if err != nil {
			return err
		}
		if err := t.move(&c, move{to: 0, state: ChatOpen, kind: Released, line: LineReleased, by: by}); err != nil {
			return err
		}
	}
	a.OpenCount = 0
	return nil
}

// differences says for the record what a change did to a person.
func differences(before, after Agent) map[string]string {
	changed := map[string]string{}
	note := func(what, from, to string) {
		if from != to {
			changed[what] = from + " → " + to
		}
	}
	note("name", before.Name, after.Name)
	note("role", string(before.Role), string(after.Role))
	note("capacity", strconv.Itoa(before.Capacity), strconv.Itoa(after.Capacity))
	note("disabled", strconv.FormatBool(before.Disabled()), strconv.FormatBool(after.Disabled()))
	return changed
}
