package store

import (
	"cmp"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// dress puts to messages and lines of one chat what belongs to them: at most seven queries, however many there are.
func dress(db *gorm.DB, messages []Message, lines []Line) error {
	for _, put := range []func(*gorm.DB, []Message) error{putQuoted, putReactions, putSteps, putEdits, putRetries} {
		if err := put(db, messages); err != nil {
			return err
		}
	}
	if err := putReasons(db, lines); err != nil {
		return err
	}
	return putNames(db, messages, lines)
}

// idsOf collects the keys of the messages that have one.
func idsOf[K comparable](messages []Message, key func(Message) (K, bool)) []K {
	var found []K
	for _, m := range messages {
		if k, ok := key(m); ok {
			found = append(found, k)
		}
	}
	return found
}

func putQuoted(db *gorm.DB, messages []Message) error {
	wamids := idsOf(messages, func(m Message) (string, bool) { return m.QuotedWAMID, m.QuotedWAMID != "" })
	if len(wamids) == 0 {
		return nil
	}
	var quoted []Message
	if err := db.Find(&quoted, "wamid IN ? AND chat_id = ?", wamids, messages[0].ChatID).Error; err != nil {
		return fmt.Errorf("quoted messages: %w", err)
	}
	byWAMID := make(map[string]*Message, len(quoted))
	for i := range quoted {
		byWAMID[quoted[i].WAMID] = &quoted[i]
	}
	for i, m := range messages {
		if m.QuotedWAMID != "" {
			messages[i].Quoted = byWAMID[m.QuotedWAMID]
		}
	}
	return nil
}

func putReactions(db *gorm.DB, messages []Message) error {
	wamids := idsOf(messages, func(m Message) (string, bool) { return m.WAMID, m.WAMID != "" })
	if len(wamids) == 0 {
		return nil
	}
	var reactions []Reaction
	err := db.Where("target_wamid IN ? AND chat_id = ? AND emoji <> ''", wamids, messages[0].ChatID).Find(&reactions).Error
	if err != nil {
		return fmt.Errorf("reactions: %w", err)
	}
	slices.SortFunc(reactions, func(a, b Reaction) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	byTarget := map[string][]Reaction{}
	for _, r := range reactions {
		byTarget[r.TargetWAMID] = append(byTarget[r.TargetWAMID], r)
	}
	for i, m := range messages {
		if m.WAMID != "" {
			messages[i].Reactions = byTarget[m.WAMID]
		}
	}
	return nil
}

func putSteps(db *gorm.DB, messages []Message) error {
	sent := idsOf(messages, func(m Message) (int64, bool) { return m.ID, m.Direction == Out })
	if len(sent) == 0 {
		return nil
	}
	var steps []StatusStep
	if err := db.Find(&steps, "message_id IN ?", sent).Error; err != nil {
		return fmt.Errorf("steps of messages: %w", err)
	}
	slices.SortFunc(steps, func(a, b StatusStep) int {
		return cmp.Or(cmp.Compare(a.Status.Rank(), b.Status.Rank()), cmp.Compare(a.ID, b.ID))
	})
	found := byID(messages, messageID)
	for _, step := range steps {
		m := found[step.MessageID]
		m.Steps = append(m.Steps, step)
	}
	return nil
}

func putEdits(db *gorm.DB, messages []Message) error {
	edited := idsOf(messages, func(m Message) (int64, bool) { return m.ID, !m.EditedAt.IsZero() })
	if len(edited) == 0 {
		return nil
	}
	var edits []MessageEdit
	if err := db.Order("message_id, id").Find(&edits, "message_id IN ?", edited).Error; err != nil {
		return fmt.Errorf("edits of messages: %w", err)
	}
	found := byID(messages, messageID)
	for _, edit := range edits {
		m := found[edit.MessageID]
		m.Edits = append(m.Edits, edit)
	}
	return nil
}

// putRetries names the message that repeats one.
func putRetries(db *gorm.DB, messages []Message) error {
	sent := idsOf(messages, func(m Message) (int64, bool) { return m.ID, m.Direction == Out })
	if len(sent) == 0 {
		return nil
	}
	var retries []Message
	if err := db.Select("id", "retry_of_id").Find(&retries, "retry_of_id IN ?", sent).Error; err != nil {
		return fmt.Errorf("retries of messages: %w", err)
	}
	found := byID(messages, messageID)
	for _, retry := range retries {
		found[retry.RetryOfID].RetriedBy = retry.ID
	}
	return nil
}

func putReasons(db *gorm.DB, lines []Line) error {
	var ids []int64
	for _, line := range lines {
		if line.AssignmentID != 0 {
			ids = append(ids, line.AssignmentID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var assignments []Assignment
	if err := db.Find(&assignments, "id IN ?", ids).Error; err != nil {
		return fmt.Errorf("assignments of lines: %w", err)
	}
	found := byID(assignments, func(a Assignment) int64 { return a.ID })
	for i, line := range lines {
		lines[i].Why = found[line.AssignmentID]
	}
	return nil
}

func putNames(db *gorm.DB, messages []Message, lines []Line) error {
	var people []int64
	for _, m := range messages {
		people = append(people, m.AgentID)
		if m.Quoted != nil {
			people = append(people, m.Quoted.AgentID)
		}
	}
	for _, line := range lines {
		people = append(people, line.AgentID, line.OtherID)
	}
	names, err := agentNames(db, people...)
	if err != nil {
		return err
	}
	for i, m := range messages {
		messages[i].Agent = names[m.AgentID]
		if m.Quoted != nil {
			m.Quoted.Agent = names[m.Quoted.AgentID]
		}
	}
	for i, line := range lines {
		lines[i].Agent, lines[i].Other = names[line.AgentID], names[line.OtherID]
	}
	return nil
}
