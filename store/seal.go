package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// sealer keeps secrets unreadable in the database: AES-256-GCM under the desk's key. A sealed text names its key, so that
// a later rotation can tell old from new.
type sealer struct {
	aead cipher.AEAD
	id   string
}

func newSealer(key []byte) (sealer, error) {
	if len(key) == 0 {
		return sealer{}, nil // a store without a key seals nothing and says so when asked to
	}
	if len(key) != 32 {
		return sealer{}, fmt.Errorf("want 32 bytes, have %d", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return sealer{}, err
	}
	sum := sha256.Sum256(key)
	return sealer{aead: aead, id: hex.EncodeToString(sum[:4])}, nil
}

var errNoKey = errors.New("no secret key is configured")

// seal returns "keyid.base64(nonce+ciphertext)"; bound ties it to its row, so that it cannot be moved to another.
func (s sealer) seal(secret, bound string) (string, error) {
	if s.aead == nil {
		return "", errNoKey
	}
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return s.id + "." + base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(secret), []byte(bound))), nil
}

func (s sealer) open(sealed, bound string) (string, error) {
	if s.aead == nil {
		return "", errNoKey
	}
	id, rest, ok := strings.Cut(sealed, ".")
	if !ok || id != s.id {
		return "", fmt.Errorf("sealed with another key (%s)", id)
	}
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return "", errors.New("sealed text is damaged")
	}
	plain, err := s.aead.Open(nil, raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():], []byte(bound))
	if err != nil {
		return "", errors.New("sealed text does not open with this key")
	}
	return string(plain), nil
}
