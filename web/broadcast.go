package web

import (
	"context"
	"errors"
	"slices"
	"time"

	"agentdesk/store"
	"agentdesk/views"
	"agentdesk/web/live"
)

const (
	broadcastBatch = 500
	broadcastPoll  = 2 * time.Second // the net under the wake-up
	headEvery      = 20 * time.Second
)

// Broadcast follows the desk's log and turns each event into what the open pages need, until ctx ends. It also notes that
// those with a socket are here.
func (s *Server) Broadcast(ctx context.Context) error {
	cursor, err := s.store.LastSeq(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	head := time.NewTicker(headEvery)
	defer head.Stop()
	for {
		changed := s.store.Changed()
		events, complete, err := s.store.EventsAfter(ctx, cursor, broadcastBatch)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.Error("events not read", "error", err)
		case !complete:
			s.log.Warn("the event log no longer reaches back; every page starts afresh", "cursor", cursor)
			if cursor, err = s.store.LastSeq(ctx); err == nil {
				s.publish(envelope{Seq: cursor, Reset: true}, topicDesk)
			}
		case len(events) > 0:
			s.broadcast(ctx, events)
			cursor = events[len(events)-1].Seq
			select {
			case <-head.C: // a busy desk always has one more event: without this nobody would be noted as present
				s.beat(ctx, cursor)
			default:
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-time.After(broadcastPoll):
		case <-head.C:
			s.beat(ctx, cursor)
		}
	}
}

// beat is what is due from time to time whatever happens: every page hears how far it should be, those with a socket are
// noted as here, and sockets whose session has run out meanwhile are closed for good.
func (s *Server) beat(ctx context.Context, cursor int64) {
	s.publish(envelope{Seq: cursor, Head: true}, topicDesk)
	for token, subs := range s.sockets.bySession() {
		session, err := s.sessions.Load(ctx, token)
		if err == nil {
			_, err = s.sessionAgent(session)
		}
		if !errors.Is(err, errSignedOut) {
			continue
		}
		for _, sub := range subs {
			s.hub.GiveUp(sub, live.Kicked)
		}
	}
	if err := s.store.SocketsSeen(ctx, s.hub.Owners()); err != nil {
		s.log.Warn("presence not noted", "error", err)
	}
}

// TellTime sends every page the desk's present now: the demo's clock has been moved.
func (s *Server) TellTime() {
	s.publish(envelope{Nudge: []string{views.SignalList, views.SignalChat}}, topicDesk)
}

// broadcast publishes one batch. First whoever lost a chat leaves its topic, so that no frame of this batch reaches them;
// then the bubbles and lines, in order; then one nudge a topic for everything that is listed, counted or sorted.
func (s *Server) broadcast(ctx context.Context, events []store.Event) {
	for _, e := range events {
		if e.Kind == store.ChatChanged && (e.FormerID != 0 || e.OwnerID == 0) {
			s.dropLosers(ctx, e)
		}
		if e.Kind == store.AgentChanged {
			s.reauthorise(ctx, e.AgentID)
		}
		if e.Kind == store.SettingsChanged {
			for _, owner := range s.hub.Owners() {
				s.reauthorise(ctx, owner)
			}
		}
	}
	for _, moment := range lastOfEach(events) {
		topic := topicChat(moment.ChatID)
		if !s.hub.Has(topic) {
			continue
		}
		content, err := s.frame(ctx, moment)
		if err != nil {
			s.log.Error("frame not rendered", "seq", moment.Seq, "kind", moment.Kind, "error", err)
			s.publish(envelope{Nudge: []string{views.SignalThread}}, topic) // the page fetches what could not be drawn
			continue
		}
		s.publish(envelope{Seq: moment.Seq, Content: content}, topic)
	}
	last := events[len(events)-1].Seq
	for topic, signals := range nudges(events) {
		s.publish(envelope{Seq: last, Nudge: signals}, topic)
	}
}

// lastOfEach keeps the newest event of each message and line: a frame shows the present state, so earlier ones of the
// same batch would only draw it twice.
func lastOfEach(events []store.Event) []store.Event {
	var kept []store.Event
	seen := map[[2]int64]bool{}
	for _, e := range slices.Backward(events) {
		key := [2]int64{e.MessageID, e.LineID}
		if key == [2]int64{} || e.ChatID == 0 || seen[key] {
			continue
		}
		seen[key] = true
		kept = append(kept, e)
	}
	slices.Reverse(kept)
	return kept
}

// frame renders what an event changed in a thread, once for everybody: with an empty context, so that nothing of any
// viewer can get in.
func (s *Server) frame(ctx context.Context, e store.Event) (string, error) {
	moment, err := s.store.Moment(ctx, e)
	if err != nil {
		return "", err
	}
	switch {
	case moment.Message != nil:
		return rendered(views.MessageFrame(views.MessageView{Message: *moment.Message, Contact: moment.Contact, Real: s.store.Real()}))
	case moment.Line != nil:
		return rendered(views.LineFrame(e.ChatID, *moment.Line, s.store.Now()))
	}
	return "", nil
}

// dropLosers takes everybody out of the chat's topic who may no longer see it, and tells their page.
func (s *Server) dropLosers(ctx context.Context, e store.Event) {
	topic := topicChat(e.ChatID)
	for _, sub := range s.hub.On(topic) {
		if s.mayWatch(ctx, sub.Owner, e.ChatID) {
			continue
		}
		s.hub.Leave(sub, topic)
		s.send(sub, envelope{Nudge: []string{views.SignalLost, views.SignalList}})
	}
}

func (s *Server) mayWatch(ctx context.Context, agentID, chatID int64) bool {
	agent, err := s.store.AgentByID(ctx, agentID)
	if err != nil {
		return false
	}
	sees, err := s.store.SeesChat(ctx, agent, chatID)
	return err == nil && sees
}

// reauthorise compares a person's sockets with what they may do today: an ended session closes them, another role, team or
// visibility changes their topics.
func (s *Server) reauthorise(ctx context.Context, agentID int64) {
	open := s.sockets.of(agentID)
	if len(open) == 0 {
		return
	}
	agent, err := s.store.AgentByID(ctx, agentID)
	if errors.Is(err, store.ErrNotFound) {
		s.hub.Kick(agentID)
		return
	}
	if err != nil {
		s.log.Error("person not loaded, their sockets are closed", "agent", agentID, "error", err)
		s.hub.Kick(agentID)
		return
	}
	for sub, was := range open {
		switch {
		case was.agent.Epoch != agent.Epoch:
			s.hub.GiveUp(sub, live.Kicked)
		case !sameScope(was.agent, agent):
			keep := topicsOf(agent)
			if sees, err := s.store.SeesChat(ctx, agent, was.chatID); err == nil && sees {
				keep = append(keep, topicChat(was.chatID))
			} else if was.chatID != 0 {
				s.send(sub, envelope{Nudge: []string{views.SignalLost}})
			}
			s.hub.SetTopics(sub, keep...)
			s.sockets.change(sub, func(v *viewer) { v.agent = agent })
			s.send(sub, envelope{Nudge: []string{views.SignalList, views.SignalRail}})
		}
	}
}

func sameScope(a, b store.Agent) bool {
	return a.Role == b.Role && a.Visibility == b.Visibility && slices.Equal(a.TeamIDs, b.TeamIDs)
}

// replay joins the open chat's topic, if it may be seen, and returns what the page has missed since its cursor.
func (s *Server) replay(ctx context.Context, sub *live.Subscriber, who store.Agent, since, chatID int64) ([][]byte, error) {
	var frames [][]byte
	add := func(e envelope) { frames = append(frames, s.encode(e)) }

	sees := false
	if chatID != 0 {
		var err error
		if sees, err = s.store.SeesChat(ctx, who, chatID); err != nil {
			return nil, err
		}
		if sees {
			s.sockets.change(sub, func(v *viewer) { v.chatID = chatID })
			s.hub.Join(sub, topicChat(chatID))
			// Somebody may have moved it between the question and the joining; the broadcaster only looks at who is on it.
			if sees = s.mayWatch(ctx, who.ID, chatID); !sees {
				s.hub.Leave(sub, topicChat(chatID))
			}
		}
		if !sees {
			add(envelope{Nudge: []string{views.SignalLost}})
		}
	}
	if since < 0 {
		return s.startAfresh(ctx, frames)
	}
	events, complete, err := s.store.EventsAfter(ctx, since, replayLimit)
	if err != nil {
		return nil, err
	}
	if !complete || len(events) == replayLimit {
		return s.startAfresh(ctx, frames)
	}
	if len(events) == 0 {
		add(envelope{Seq: since, Head: true})
		return frames, nil
	}
	for _, e := range lastOfEach(events) {
		if !sees || e.ChatID != chatID {
			continue
		}
		content, err := s.frame(ctx, e)
		if err != nil {
			return nil, err
		}
		add(envelope{Seq: e.Seq, Content: content})
	}
	add(envelope{Seq: events[len(events)-1].Seq, Nudge: []string{views.SignalList, views.SignalChat, views.SignalRail, views.SignalBanners, views.SignalPage}})
	return frames, nil
}

func (s *Server) startAfresh(ctx context.Context, frames [][]byte) ([][]byte, error) {
	seq, err := s.store.LastSeq(ctx)
	if err != nil {
		return nil, err
	}
	return append(frames, s.encode(envelope{Seq: seq, Reset: true})), nil
}
