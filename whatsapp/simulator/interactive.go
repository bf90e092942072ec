package simulator

// checkInteractive holds an interactive message to the limits of 6.2.
func checkInteractive(i object) *graphError {
	kind, action := i.str("type"), i.obj("action")
	bodyLimit := 1024
	if kind == "list" {
		bodyLimit = 4096
	}
	if i.obj("body").str("text") == "" {
		return refuse(131008, "Parameter interactive['body']['text'] is required.")
	}
	if action == nil {
		return refuse(131008, "Parameter interactive['action'] is required.")
	}
	for _, limit := range []struct {
		part, text string
		most       int
	}{
		{"body", i.obj("body").str("text"), bodyLimit},
		{"footer", i.obj("footer").str("text"), 60},
		{"header", i.obj("header").str("text"), 60},
	} {
		if length(limit.text) > limit.most {
			return refuse(131009, "interactive['%s'] must be at most %d characters long.", limit.part, limit.most)
		}
	}
	switch kind {
	case "button":
		return checkReplyButtons(action)
	case "list":
		return checkList(action)
	case "cta_url":
		parameters := action.obj("parameters")
		if parameters.str("url") == "" || !fits(parameters.str("display_text"), 20) {
			return refuse(131009, "A cta_url needs parameters['url'] and a display_text of 1 to 20 characters.")
		}
	case "location_request_message", "request_contact_info", "flow", "voice_call", "call_permission_request":
		if action.str("name") == "" {
			return refuse(131008, "Parameter interactive['action']['name'] is required.")
		}
	default:
		return refuse(131009, "interactive['type'] '%s' is not supported.", kind)
	}
	return nil
}

func fits(s string, most int) bool { return s != "" && length(s) <= most }

func checkReplyButtons(action object) *graphError {
	buttons := action.list("buttons")
	if len(buttons) < 1 || len(buttons) > 3 {
		return refuse(131009, "interactive['action']['buttons'] must be 1 to 3 buttons.")
	}
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, b := range buttons {
		reply := b.obj("reply")
		id, title := reply.str("id"), reply.str("title")
		if b.str("type") != "reply" || !fits(id, 256) || !fits(title, 20) {
			return refuse(131009, "A reply button needs an id of 1 to 256 and a title of 1 to 20 characters.")
		}
		if ids[id] || titles[title] {
			return refuse(131009, "Reply buttons need different ids and titles.")
		}
		ids[id], titles[title] = true, true
	}
	return nil
}

func checkList(action object) *graphError {
	sections := action.list("sections")
	if !fits(action.str("button"), 20) {
		return refuse(131009, "interactive['action']['button'] must be 1 to 20 characters long.")
	}
	if len(sections) < 1 || len(sections) > 10 {
		return refuse(131009, "interactive['action']['sections'] must be 1 to 10 sections.")
	}
	rows, ids := 0, map[string]bool{}
	for _, section := range sections {
		if length(section.str("title")) > 24 || len(sections) > 1 && section.str("title") == "" {
			return refuse(131009, "Sections need titles of at most 24 characters.")
		}
		for _, row := range section.list("rows") {
			rows++
			if !fits(row.str("id"), 200) || !fits(row.str("title"), 24) || length(row.str("description")) > 72 {
				return refuse(131009, "A row needs an id of 1 to 200, a title of 1 to 24 and at most 72 characters of description.")
			}
			if ids[row.str("id")] {
				return refuse(131009, "Rows need different ids.")
			}
			ids[row.str("id")] = true
		}
	}
	if rows < 1 || rows > 10 {
		return refuse(131009, "A list needs 1 to 10 rows in total.")
	}
	return nil
}
