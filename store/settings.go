package store

import (
	"context"
	"time"
)

// Settings are the desk's own, changed on screen by admins.
type Settings struct {
	Visibility         Visibility    // default own
	AbsenceGrace       time.Duration // default 2 min
	RouteToSupervisors bool
	KeepDeliveries     time.Duration // default 30 days
	KeepEvents         time.Duration // default 24 h
	DefaultCapacity    int           // default 6
}

// Settings reads them, defaults filled in.
func (s *Store) Settings(ctx context.Context) (Settings, error) { panic("not built yet") }

// ChangeSettings stores them all. Admins only. Invalid by field: visibility, absence_grace, keep_deliveries, keep_events,
// default_capacity. Recorded.
func (s *Store) ChangeSettings(ctx context.Context, who Agent, to Settings) error {
	panic("not built yet")
}

// AuditEntry is one administrative act or sign-in.
type AuditEntry struct {
	ID      int64
	At      time.Time `gorm:"serializer:ms"`
	AgentID int64     `gorm:"serializer:orNull"`
	Address string
	Action  string
	Object  string
	Details map[string]string `gorm:"serializer:json"`
}

func (AuditEntry) TableName() string { return "audit" }

// RecordSignIn notes a success (agentID set), or a failure, a sign-out.
func (s *Store) RecordSignIn(ctx context.Context, agentID int64, address, action string) error {
	panic("not built yet")
}
