package whatsapp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"agentdesk/store"
)

var (
	// ErrSignature: the delivery is not signed, or not with one of the app secrets. Answer 401 and store nothing.
	ErrSignature = errors.New("the signature is missing or wrong")
	// ErrNotConfigured: there is no app secret to check a signature with. Answer 503.
	ErrNotConfigured = errors.New("no app secret is configured")
)

// InboxOptions say how to tell Meta from others. Store is required.
type InboxOptions struct {
	Store       *store.Store
	AppSecrets  []string            // keys of the signature; two during rotation. None: every delivery is ErrNotConfigured
	VerifyToken string              // of the handshake; empty: every handshake is refused
	Observe     func(result string) // accepted, refused, unconfigured, failed: for metrics
}

// Inbox is the desk's end of Meta's webhook: the handshake, and deliveries put on disk before they are answered.
type Inbox struct {
	store   *store.Store
	secrets [][]byte
	verify  string
	observe func(string)
}

// NewInbox panics without a store and on a blank app secret, which would let anybody sign.
func NewInbox(o InboxOptions) *Inbox {
	if o.Store == nil {
		panic("whatsapp: InboxOptions.Store is missing")
	}
	in := &Inbox{store: o.Store, verify: o.VerifyToken, observe: o.Observe}
	for _, secret := range o.AppSecrets {
		if strings.TrimSpace(secret) == "" {
			panic("whatsapp: an app secret is blank")
		}
		in.secrets = append(in.secrets, []byte(secret))
	}
	if in.observe == nil {
		in.observe = func(string) {}
	}
	return in
}

// Challenge answers Meta's handshake (1.1): the text to send back, or false for 403. It takes as long for a wrong token as
// for the right one.
func (in *Inbox) Challenge(mode, token, challenge string) (string, bool) {
	want, have := sha256.Sum256([]byte(in.verify)), sha256.Sum256([]byte(token))
	same := subtle.ConstantTimeCompare(want[:], have[:]) == 1
	if !same || in.verify == "" || mode != "subscribe" {
		return "", false
	}
	return challenge, true
}

// Accept keeps a delivery whose signature is right, and returns once it is on disk. signatures are all values of the header
// X-Hub-Signature-256: there must be exactly one (1.2). Nothing is parsed here.
//
// Errors: ErrSignature, ErrNotConfigured; any other means that it could not be stored, and Meta must send it again.
func (in *Inbox) Accept(ctx context.Context, body []byte, signatures []string) error {
	if len(in.secrets) == 0 {
		in.observe("unconfigured")
		return ErrNotConfigured
	}
	if len(signatures) != 1 || !in.signed(body, signatures[0]) {
		in.observe("refused")
		return ErrSignature
	}
	if err := in.store.KeepDelivery(ctx, body); err != nil {
		in.observe("failed")
		return fmt.Errorf("keep delivery: %w", err)
	}
	in.observe("accepted")
	return nil
}

// signed checks "sha256=" and 64 lower-case hexadecimal digits over the bytes as they came, against every secret.
func (in *Inbox) signed(body []byte, signature string) bool {
	written, ok := strings.CutPrefix(signature, "sha256=")
	if !ok || len(written) != hex.EncodedLen(sha256.Size) || strings.ToLower(written) != written {
		return false
	}
	have, err := hex.DecodeString(written)
	if err != nil {
		return false
	}
	match := false
	for _, secret := range in.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), have) {
			match = true
		}
	}
	return match
}
