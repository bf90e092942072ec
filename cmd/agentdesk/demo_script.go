package main

import (
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// The language in which the tables of the demo's customers are written: a guest has talks, a talk has acts.

// guest is an invented customer with what has happened so far.
type guest struct {
	simulator.Customer
	quiet bool // the stream leaves this one as it is: what it shows would be gone
	talks []talk
}

// talk is a stretch of acts that follow one another. One of its instants is fixed, and the others follow by their gaps.
type talk struct {
	days  int    // with clock: the first act is so many days before the opening, at that time of the day
	clock string // "10:02", where the shop is
	left  time.Duration
	since time.Duration // without clock: the last act was so long before the opening
	fixed fixed
	acts  []act
}

type fixed int

const (
	byClock  fixed = iota // the first act
	byWindow              // the customer's last: so that free text ends left after the opening, or ended before it
	bySince               // the customer's last, or without one the last
)

// act is one thing that a customer, a colleague, or the shop's phone does.
type act struct {
	by      string // a colleague's first name; "" = the customer or the shop's phone
	kind    actKind
	text    string
	message map[string]any // of a customer: what is no plain text
	emoji   string
	back    int    // quotes: which of our messages, 1 = the newest
	to      string // assigns
	form    string // template name, and its language
	lang    string
	values  []string
	fate    store.Status // how far a message of ours has come; "" = read
	code    int          // why it failed
	gap     time.Duration
}

type actKind int

const (
	writes    actKind = iota // the customer: text, or message
	answers                  // a colleague
	sendsForm                // a colleague, by a template
	takes
	assigns
	releases
	closes
	reopens
	looks // reads what came, without an answer
	reacts
	rings        // a call that nobody takes
	moves        // to another phone number
	mends        // writes text, and then changes it into what message holds
	regrets      // writes text, and then takes it back
	phoneAnswers // somebody answers from the shop's phone
	optsOut      // of offers
)
