package views

import (
	"fmt"
	"time"

	"agentdesk/store"
)

// IDSignInAgain is the dialog of somebody whose session ended while they worked.
const IDSignInAgain = "sign-in-again"

// What signing in and choosing a password may answer.
const (
	SignInRefused    = "E-mail and password do not belong together."
	PasswordTooShort = "Use at least 12 characters. A few words in a row are fine."
	PasswordTooLong  = "Use at most 128 characters."
	PasswordCommon   = "This is one of the passwords that everybody tries first. Choose another."
	PasswordIsName   = "Your own name or address is easily guessed. Choose something else."
	PasswordsDiffer  = "The two are not the same."
	OldPasswordWrong = "This is not your present password."
)

// TooManySignIns says how long to wait.
func TooManySignIns(wait time.Duration) string {
	if wait <= time.Minute {
		return "Too many attempts. Try again in a minute."
	}
	return fmt.Sprintf("Too many attempts. Try again in %d minutes.", int((wait+time.Minute-1)/time.Minute))
}

// SignInForm is what was typed, except the password.
type SignInForm struct {
	Email, Back string
	Error       string
	Unclaimed   bool // nobody can administer this desk yet
}

func (f SignInForm) errors() Errors {
	if f.Error == "" {
		return nil
	}
	return Errors{"password": f.Error}
}

// LinkForm is what a one-time link asks for: a password, and the first admin's particulars.
type LinkForm struct {
	Action                string
	Kind                  store.LinkKind
	Name, Email, TimeZone string
	Errors                Errors
}

func (f LinkForm) title() string {
	switch f.Kind {
	case store.LinkSetup:
		return "Set up this desk"
	case store.LinkInvitation:
		return "Welcome, " + f.Name
	}
	return "Choose a new password"
}

func (f LinkForm) text() string {
	switch f.Kind {
	case store.LinkSetup:
		return "You will be its first admin. This link works once."
	case store.LinkInvitation:
		return "Choose a password for " + f.Email + ". This link works once."
	}
	return "For " + f.Email + ". All your sessions will end, and this link works once."
}

func (f LinkForm) button() string {
	if f.Kind == store.LinkSetup {
		return "Set up"
	}
	return "Save and sign in"
}

func (f LinkForm) zone() string {
	if f.TimeZone == "" {
		return "UTC"
	}
	return f.TimeZone
}
