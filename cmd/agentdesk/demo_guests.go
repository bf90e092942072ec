package main

import (
	"slices"

	"agentdesk/whatsapp/simulator"
)

// demoGuests are the forty, all invented, with numbers of ranges that belong to nobody: whose chats are whose when the demo
// opens, is told by the tables they stand in.
var demoGuests = slices.Concat(guestsOfAna, guestsOfBen, guestsOfChi, guestsInQueue, guestsClosed)

// caller has a phone number; hidden has none that anybody sees, and a username or not even that.
func caller(id, name, language, country, phone string) simulator.Customer {
	return simulator.Customer{ID: id, Name: name, Language: language, Phone: e164(phone), WaID: digitsOf(phone), BSUID: bsuidOf(country, id)}
}

func hidden(id, name, language, country, username string) simulator.Customer {
	return simulator.Customer{ID: id, Name: name, Language: language, Username: username, BSUID: bsuidOf(country, id)}
}
