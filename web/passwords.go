package web

import (
	"context"
	_ "embed"
	"errors"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"agentdesk/store"
	"agentdesk/views"
)

// OWASP's smallest set for one pass: 46 MiB, one thread.
var hashParams = argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// absentHash belongs to no password. Comparing with it takes as long as with a real one, so that the time of an answer
// does not tell who has an account.
const absentHash = "$argon2id$v=19$m=47104,t=1,p=1$UGZ+UvfTPhCMlP9GS23OwQ$hzWQuDViUs7tGbL6SR7GF9IJGACA6tagHYJUapIZCos"

const (
	minPassword = 12
	maxPassword = 128
)

// hashing lets as many hashes run at once as there are processors, four at most, whoever asks: each takes 46 MiB, and the
// memory is the process's.
var hashing = make(chan struct{}, min(4, runtime.GOMAXPROCS(0)))

//go:embed passwords.txt
var commonPasswords string

// HashPassword makes the hash that the store keeps. It waits for its turn, or for ctx to end.
func HashPassword(ctx context.Context, password string) (string, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return argon2id.CreateHash(password, &hashParams)
}

// CheckPassword says what is wrong with a new password for this person; nil when it will do. 12 to 128 characters, no
// rules of composition (ASVS 6.2), none of the most common ones, not the person's own name or address. Invalid password.
func CheckPassword(password, name, email string) error {
	length := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	own := func(word string) bool {
		return word != "" && strings.Trim(strings.ReplaceAll(lower, strings.ToLower(word), ""), "0123456789 .!-_") == ""
	}
	local, _, _ := strings.Cut(email, "@")
	switch {
	case length < minPassword:
		return store.Invalid{Field: "password", Message: views.PasswordTooShort}
	case length > maxPassword:
		return store.Invalid{Field: "password", Message: views.PasswordTooLong}
	case own(name) || own(strings.ReplaceAll(name, " ", "")) || own(email) || own(local):
		return store.Invalid{Field: "password", Message: views.PasswordIsName}
	case isCommon(lower):
		return store.Invalid{Field: "password", Message: views.PasswordCommon}
	}
	return nil
}

func isCommon(lower string) bool {
	for common := range strings.Lines(commonPasswords) {
		if strings.TrimSpace(common) == lower {
			return true
		}
	}
	return strings.Trim(lower, lower[:1]) == "" // one character over and over
}

// passwordFits compares a password with somebody's hash, or, for somebody who has none, with that of nobody: the same
// work either way.
func passwordFits(ctx context.Context, password, hash string) (bool, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, absentHash)
		return false, err
	}
	fits, err := argon2id.ComparePasswordAndHash(password, hash)
	if errors.Is(err, argon2id.ErrInvalidHash) {
		return false, nil
	}
	return fits, err
}
