package web

import (
	"slices"
	"strconv"

	"agentdesk/store"
	"agentdesk/views"
)

// Topics a socket can be on. A chat's topic carries its bubbles; the others carry nudges, and name the lists they touch,
// so that one message does not wake two hundred pages.
const (
	topicDesk  = "desk"  // everybody
	topicLeads = "leads" // supervisors and admins
	topicFloor = "floor" // who sees every chat
)

func topicChat(id int64) string    { return "chat:" + strconv.FormatInt(id, 10) }
func topicAgent(id int64) string   { return "agent:" + strconv.FormatInt(id, 10) } // chats of mine
func topicQueue(team int64) string { return "queue:" + strconv.FormatInt(team, 10) }
func topicTeam(team int64) string  { return "team:" + strconv.FormatInt(team, 10) } // who sees every chat of the team

// topicsOf is as far as a person's role reaches.
func topicsOf(who store.Agent) []string {
	topics := []string{topicDesk, topicAgent(who.ID)}
	if who.Role != store.RoleAgent {
		topics = append(topics, topicLeads)
	}
	if who.Role == store.RoleAdmin || (who.Role == store.RoleAgent && who.Visibility == store.VisibleAll) {
		topics = append(topics, topicFloor)
	}
	for _, team := range who.TeamIDs {
		topics = append(topics, topicQueue(team))
		if who.Role == store.RoleSupervisor || (who.Role == store.RoleAgent && who.Visibility == store.VisibleTeam) {
			topics = append(topics, topicTeam(team))
		}
	}
	return topics
}

// nudges gathers, for a batch of events, which signals each topic needs.
func nudges(events []store.Event) map[string][]string {
	found := map[string][]string{}
	nudge := func(signal string, topics ...string) {
		for _, topic := range topics {
			if !slices.Contains(found[topic], signal) {
				found[topic] = append(found[topic], signal)
			}
		}
	}
	for _, e := range events {
		switch e.Kind {
		case store.ChatChanged:
			nudge(views.SignalChat, topicChat(e.ChatID))
			nudge(views.SignalList, topicFloor, topicTeam(e.TeamID))
			for _, agent := range []int64{e.OwnerID, e.FormerID} {
				if agent > 0 {
					nudge(views.SignalList, topicAgent(agent))
				}
			}
			if e.OwnerID == 0 || e.FormerID == store.FromQueue {
				nudge(views.SignalList, topicQueue(e.TeamID))
			}
		case store.MessageChanged:
			nudge(views.SignalList, topicFloor, topicTeam(e.TeamID)) // the tick of the row's last line
			if e.OwnerID != 0 {
				nudge(views.SignalList, topicAgent(e.OwnerID))
			}
		case store.ContactChanged:
			nudge(views.SignalChat, topicChat(e.ChatID))
			nudge(views.SignalThread, topicChat(e.ChatID)) // bubbles say who wrote them
			nudge(views.SignalList, topicDesk)             // a name may stand in any list; it changes seldom
		case store.AgentChanged:
			nudge(views.SignalRail, topicAgent(e.AgentID))
			nudge(views.SignalPage, topicLeads)
		case store.NumberChanged:
			nudge(views.SignalBanners, topicDesk)
			nudge(views.SignalPage, topicDesk)
		case store.TemplateChanged, store.DeliveryChanged:
			nudge(views.SignalPage, topicDesk)
		case store.SettingsChanged:
			nudge(views.SignalList, topicDesk)
			nudge(views.SignalPage, topicDesk)
		}
	}
	return found
}
