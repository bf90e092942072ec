package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// LinkKind is what a one-time link is for.
type LinkKind string

const (
	LinkSetup      LinkKind = "setup"      // makes the first admin; 15 min
	LinkInvitation LinkKind = "invitation" // sets the first password; 24 h
	LinkReset      LinkKind = "reset"      // sets a new password; 1 h
)

func (k LinkKind) lifetime() time.Duration {
	switch k {
	case LinkSetup:
		return 15 * time.Minute
	case LinkInvitation:
		return 24 * time.Hour
	}
	return time.Hour
}

// CreateLink makes a one-time token and returns it; only its hash is kept. A newer one of the same kind and person makes
// the older ones useless. by nil = command line. Admins only: ErrForbidden; set-up links come from the command line alone
// and have no person. ErrNotFound for unknown or disabled people. Recorded.
func (s *Store) CreateLink(ctx context.Context, by *Agent, kind LinkKind, agentID int64) (token string, err error) {
	var byID int64
	if by != nil {
		if !by.administers() || kind == LinkSetup {
			return "", ErrForbidden
		}
		byID = by.ID
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	token = base64.RawURLEncoding.EncodeToString(secret)
	err = s.command(ctx, func(t *tx) error {
		if kind != LinkSetup {
			if _, err := agentToAct(t.DB, agentID); err != nil {
				return err
			}
		}
		if err := t.Exec("DELETE FROM links WHERE kind = ? AND COALESCE(agent_id, 0) = ?", kind, agentID).Error; err != nil {
			return fmt.Errorf("end older links: %w", err)
		}
		err := t.Exec("INSERT INTO links (token_hash, kind, agent_id, created_by, expires_at) VALUES (?, ?, NULLIF(?, 0), NULLIF(?, 0), ?)",
			hashToken(token), kind, agentID, byID, millis(t.real.Add(kind.lifetime()))).Error
		if err != nil {
			return fmt.Errorf("keep link: %w", err)
		}
		what := ""
		if agentID != 0 {
			what = object(agentID)
		}
		return t.audit(byID, "", "link.created", what, map[string]string{"kind": string(kind)})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Link is what a token is good for.
type Link struct {
	Kind      LinkKind
	Agent     Agent // zero for setup
	ExpiresAt time.Time
}

// FindLink looks a token up without using it; ErrNotFound when unknown, used or expired, when its person is disabled, or,
// for set-up, when there is an admin already.
func (s *Store) FindLink(ctx context.Context, token string) (Link, error) {
	return findLink(s.read.WithContext(ctx), token, s.Real())
}

func findLink(db *gorm.DB, token string, now time.Time) (Link, error) {
	var row struct {
		Kind      LinkKind
		AgentID   int64
		ExpiresAt int64
	}
	err := db.Raw("SELECT kind, COALESCE(agent_id, 0) AS agent_id, expires_at FROM links WHERE token_hash = ? AND used_at = 0 AND expires_at > ?",
		hashToken(token), millis(now)).Scan(&row).Error
	if err != nil {
		return Link{}, fmt.Errorf("find link: %w", err)
	}
	link := Link{Kind: row.Kind, ExpiresAt: instant(row.ExpiresAt)}
	switch row.Kind {
	case "":
		return Link{}, ErrNotFound
	case LinkSetup:
		admins, err := countAdmins(db)
		if err == nil && admins > 0 {
			err = ErrNotFound
		}
		return link, err
	}
	link.Agent, err = agentToAct(db, row.AgentID)
	return link, err
}

// UseLink consumes an invitation or reset token and sets the password in one transaction: two uses, one wins and the
// other is ErrNotFound. Every session and other link of that person ends. Recorded.
func (s *Store) UseLink(ctx context.Context, token, passwordHash string) (a Agent, err error) {
	err = s.command(ctx, func(t *tx) error {
		link, err := t.consume(token)
		if err != nil {
			return err
		}
		if link.Kind == LinkSetup {
			return ErrNotFound
		}
		if err := t.setPassword(link.Agent.ID, passwordHash); err != nil {
			return err
		}
		if a, err = agentToAct(t.DB, link.Agent.ID); err != nil {
			return err
		}
		return t.audit(a.ID, "", "link.used", object(a.ID), map[string]string{"kind": string(link.Kind)})
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

// UseSetupLink consumes the set-up token and creates the first admin in one transaction; what is Invalid leaves the token
// as it was. ErrNotFound as FindLink. Recorded.
func (s *Store) UseSetupLink(ctx context.Context, token string, n NewAgent) (a Agent, err error) {
	if n.PasswordHash == "" {
		return Agent{}, errors.New("set up: empty hash")
	}
	n.Role = RoleAdmin
	err = s.command(ctx, func(t *tx) error {
		link, err := t.consume(token)
		if err != nil {
			return err
		}
		if link.Kind != LinkSetup {
			return ErrNotFound
		}
		a, err = t.createAgent(0, n)
		return err
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

// consume marks a good token as used; whoever comes second finds nothing.
func (t *tx) consume(token string) (Link, error) {
	link, err := findLink(t.DB, token, t.real)
	if err != nil {
		return Link{}, err
	}
	res := t.Exec("UPDATE links SET used_at = ? WHERE token_hash = ? AND used_at = 0", millis(t.real), hashToken(token))
	if res.Error != nil {
		return Link{}, fmt.Errorf("use link: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return Link{}, ErrNotFound
	}
	return link, nil
}

// endLinks makes every link of a person useless.
func (t *tx) endLinks(agentID int64) error {
	err := t.Exec("UPDATE links SET used_at = ? WHERE agent_id = ? AND used_at = 0", millis(t.real), agentID).Error
	if err != nil {
		return fmt.Errorf("end links of agent %d: %w", agentID, err)
	}
	return nil
}

// hashToken needs no salt: the tokens are 256 random bits.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
