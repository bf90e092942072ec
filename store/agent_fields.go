package store

import (
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a person's fields may hold. Each check returns an Invalid that names its field.

// cleanEmail lower-cases an address and checks that it is one, without a display name.
func cleanEmail(email string) (string, error) {
	storable := clean(email) == email
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || !storable || parsed.Address != email || len(email) > 254 {
		return "", Invalid{Field: "email", Message: "Enter an e-mail address, like ana@example.com."}
	}
	return email, nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 80 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return Invalid{Field: "name", Message: "Enter a name of 1 to 80 characters."}
	}
	return nil
}

func checkRole(role Role) error {
	if !role.Valid() {
		return Invalid{Field: "role", Message: "Choose agent, supervisor or admin."}
	}
	return nil
}

func checkCapacity(capacity int) error {
	if capacity < 0 || capacity > MaxCapacity {
		return Invalid{Field: "capacity", Message: "Choose between 0 and 99."}
	}
	return nil
}

func checkTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return Invalid{Field: "time_zone", Message: "Choose a time zone, like Europe/Madrid."}
	}
	return nil
}

func checkTheme(theme string) error {
	if theme != "" && theme != "light" && theme != "dark" {
		return Invalid{Field: "theme", Message: "Choose light, dark or neither."}
	}
	return nil
}

// firstInvalid picks the first of several checks: a form shows one thing to mend at a time.
func firstInvalid(err error) error {
	var invalid Invalid
	if errors.As(err, &invalid) {
		return invalid
	}
	return err
}
