package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// OfflineAfter is how long somebody without a socket keeps the presence they chose.
const OfflineAfter = 60 * time.Second

// sweepBatch bounds one transaction of a sweep.
const sweepBatch = 100

// ChoosePresence sets what the agent wants to be; it takes effect at once (they are here: they asked). Invalid presence.
// ErrNotFound for disabled people.
func (s *Store) ChoosePresence(ctx context.Context, who Agent, p Presence) error {
	return s.command(ctx, func(t *tx) error {
		if _, err := agentToAct(t.DB, who.ID); err != nil {
			return err
		}
		return t.choose(who.ID, p, true)
	})
}

// SetPresenceOf lets a supervisor of their team, or an admin, choose for somebody: ErrForbidden for agents, ErrNotFound
// for people of other teams. Somebody who is not here will be so when they come. Recorded. Invalid presence.
func (s *Store) SetPresenceOf(ctx context.Context, by Agent, agentID int64, p Presence) error {
	return s.command(ctx, func(t *tx) error {
		person, err := t.person(by, agentID)
		if err != nil {
			return err
		}
		if person.Disabled() {
			return ErrNotFound
		}
		if err := t.choose(agentID, p, t.real.Sub(person.SeenAt) < OfflineAfter); err != nil {
			return err
		}
		return t.audit(by.ID, "", "presence.set", object(agentID), map[string]string{"presence": string(p)})
	})
}

// choose writes the choice, and the presence too of somebody who is here.
func (t *tx) choose(agentID int64, p Presence, here bool) error {
	if !p.Valid() {
		return Invalid{Field: "presence", Message: "Choose available, away or offline."}
	}
	err := t.Exec("UPDATE agents SET choice = ? WHERE id = ?", p, agentID).Error
	if err != nil {
		return fmt.Errorf("choose presence of agent %d: %w", agentID, err)
	}
	if here {
		if err := t.Exec("UPDATE agents SET seen_at = ? WHERE id = ?", millis(t.real), agentID).Error; err != nil {
			return fmt.Errorf("note that agent %d is here: %w", agentID, err)
		}
		return t.become(p, "id = ?", agentID)
	}
	if p == Offline {
		return t.become(p, "id = ?", agentID)
	}
	return nil
}

// become gives a presence to those who match and do not have it yet, and says so for each.
func (t *tx) become(p Presence, where string, args ...any) error {
	since := int64(0)
	if p == Offline {
		since = millis(t.real)
	}
	var changed []int64
	err := t.Raw("UPDATE agents SET presence = ?, offline_since = ? WHERE presence <> ? AND ("+where+") RETURNING id",
		append([]any{p, since, p}, args...)...).Scan(&changed).Error
	if err != nil {
		return fmt.Errorf("set presence %s: %w", p, err)
	}
	for _, id := range changed {
		t.emit(Event{Kind: AgentChanged, AgentID: id})
	}
	return nil
}

// SocketsSeen notes that these agents have a live socket. Whoever was offline without having chosen it is back as they
// chose.
func (s *Store) SocketsSeen(ctx context.Context, agentIDs []int64) error {
	if len(agentIDs) == 0 {
		return nil
	}
	return s.command(ctx, func(t *tx) error {
		err := t.Exec("UPDATE agents SET seen_at = ? WHERE id IN ? AND disabled_at = 0", millis(t.real), agentIDs).Error
		if err != nil {
			return fmt.Errorf("note live sockets: %w", err)
		}
		for _, p := range []Presence{Available, Away} {
			err := t.become(p, "presence = 'offline' AND choice = ? AND id IN ? AND disabled_at = 0", p, agentIDs)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// StartPresence gives everybody who was present when the program stopped 60 s to come back. Once, at start.
func (s *Store) StartPresence(ctx context.Context) error {
	return s.command(ctx, func(t *tx) error {
		err := t.Exec("UPDATE agents SET seen_at = ? WHERE presence <> 'offline'", millis(t.real)).Error
		if err != nil {
			return fmt.Errorf("start presence: %w", err)
		}
		return nil
	})
}

// SweepPresence makes those offline whose sockets have been gone for OfflineAfter; it returns how many.
func (s *Store) SweepPresence(ctx context.Context) (gone int, err error) {
	const overdue = "presence <> 'offline' AND seen_at <= ?"
	var some int64
	err = s.read.WithContext(ctx).Model(&Agent{}).Where(overdue, millis(s.Real().Add(-OfflineAfter))).Count(&some).Error
	if err != nil || some == 0 { // an empty command would wake every listener
		return 0, err
	}
	err = s.command(ctx, func(t *tx) error {
		err := t.become(Offline, overdue, millis(t.real.Add(-OfflineAfter)))
		gone = len(t.events)
		return err
	})
	if err != nil {
		return 0, err
	}
	return gone, nil
}

// ReturnAbsentChats puts chats in which the customer waits back into the queue when their owner has been offline for
// grace (real time), each exactly once; it returns how many. A chat that somebody offline took, or was given, stays for
// as long a grace of its own.
func (s *Store) ReturnAbsentChats(ctx context.Context, grace time.Duration) (returned int, err error) {
	for {
		some, err := abandoned(s.read.WithContext(ctx), s.Now(), s.Real(), grace)
		if err != nil || len(some) == 0 {
			return returned, err
		}
		moved := 0
		err = s.command(ctx, func(t *tx) error {
			ids, err := abandoned(t.DB, t.now, t.real, grace)
			if err != nil {
				return err
			}
			for _, id := range ids {
				c, err := t.chat(id)
				if err != nil {
					return err
				}
				if err := t.move(&c, move{to: 0, state: ChatOpen, kind: Absent, line: LineAbsent}); err != nil {
					return err
				}
			}
			moved = len(ids)
			return nil
		})
		if err != nil {
			return returned, fmt.Errorf("return chats of absent agents: %w", err)
		}
		returned += moved
	}
}

// abandoned lists some chats whose customer waits for an owner who is gone. Assignments stand in business time, presence
// in real time.
func abandoned(db *gorm.DB, now, real time.Time, grace time.Duration) (ids []int64, err error) {
	err = db.Raw(`SELECT chats.id FROM agents JOIN chats ON chats.owner_id = agents.id
		WHERE agents.presence = 'offline' AND agents.open_count > 0 AND agents.offline_since <= ? AND chats.waiting_since <> 0
		AND NOT EXISTS (SELECT 1 FROM assignments WHERE assignments.chat_id = chats.id AND assignments.at > ?)
		ORDER BY chats.waiting_since, chats.id LIMIT ?`, millis(real.Add(-grace)), millis(now.Add(-grace)), sweepBatch).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("find chats of absent agents: %w", err)
	}
	return ids, nil
}
