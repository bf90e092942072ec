package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
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

const day = 24 * time.Hour

func defaultSettings() Settings {
	return Settings{Visibility: VisibleOwn, AbsenceGrace: 2 * time.Minute, KeepDeliveries: 30 * day, KeepEvents: day, DefaultCapacity: 6}
}

// Settings reads them, defaults filled in.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	return settingsIn(s.read.WithContext(ctx))
}

// settingsIn reads the settings through whatever connection the caller holds.
func settingsIn(db *gorm.DB) (Settings, error) {
	set := defaultSettings()
	var rows []struct{ Key, Value string }
	if err := db.Raw("SELECT key, value FROM settings").Scan(&rows).Error; err != nil {
		return set, fmt.Errorf("read settings: %w", err)
	}
	for _, row := range rows {
		if err := set.read(row.Key, row.Value); err != nil {
			return set, fmt.Errorf("setting %s: %w", row.Key, err)
		}
	}
	return set, nil
}

// read takes one row; keys that this version does not know belong to others and stay untouched.
func (set *Settings) read(key, value string) (err error) {
	switch key {
	case "visibility":
		set.Visibility = Visibility(value)
	case "absence_grace":
		set.AbsenceGrace, err = time.ParseDuration(value)
	case "route_to_supervisors":
		set.RouteToSupervisors, err = strconv.ParseBool(value)
	case "keep_deliveries":
		set.KeepDeliveries, err = time.ParseDuration(value)
	case "keep_events":
		set.KeepEvents, err = time.ParseDuration(value)
	case "default_capacity":
		set.DefaultCapacity, err = strconv.Atoi(value)
	}
	return err
}

// rows is the opposite of read.
func (set Settings) rows() map[string]string {
	return map[string]string{
		"visibility":           string(set.Visibility),
		"absence_grace":        set.AbsenceGrace.String(),
		"route_to_supervisors": strconv.FormatBool(set.RouteToSupervisors),
		"keep_deliveries":      set.KeepDeliveries.String(),
		"keep_events":          set.KeepEvents.String(),
		"default_capacity":     strconv.Itoa(set.DefaultCapacity),
	}
}

func (set Settings) check() error {
	within := func(d, least, most time.Duration) bool { return d >= least && d <= most }
	switch {
	case set.Visibility != VisibleOwn && set.Visibility != VisibleTeam && set.Visibility != VisibleAll:
		return Invalid{Field: "visibility", Message: "Choose own, team or all."}
	case !within(set.AbsenceGrace, 10*time.Second, day):
		return Invalid{Field: "absence_grace", Message: "Choose between 10 seconds and 24 hours."}
	case !within(set.KeepDeliveries, day, 365*day):
		return Invalid{Field: "keep_deliveries", Message: "Choose between 1 and 365 days."}
	case !within(set.KeepEvents, time.Hour, 30*day):
		return Invalid{Field: "keep_events", Message: "Choose between 1 hour and 30 days."}
	case set.DefaultCapacity < 1 || set.DefaultCapacity > MaxCapacity:
		return Invalid{Field: "default_capacity", Message: "Choose between 1 and 99."}
	}
	return nil
}

// ChangeSettings stores them all. Admins only: ErrForbidden. Invalid by field: visibility, absence_grace,
// keep_deliveries, keep_events, default_capacity. Recorded with what changed; nothing changed is no event.
func (s *Store) ChangeSettings(ctx context.Context, who Agent, to Settings) error {
	if !who.administers() {
		return ErrForbidden
	}
	if err := to.check(); err != nil {
		return err
	}
	return s.command(ctx, func(t *tx) error {
		now, err := settingsIn(t.DB)
		if err != nil {
			return err
		}
		changed := map[string]string{}
		before := now.rows()
		for key, value := range to.rows() {
			if before[key] == value {
				continue
			}
			changed[key] = before[key] + " → " + value
			err := t.Exec("INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
				key, value).Error
			if err != nil {
				return fmt.Errorf("store setting %s: %w", key, err)
			}
		}
		if len(changed) == 0 {
			return nil
		}
		t.emit(Event{Kind: SettingsChanged, AgentID: who.ID})
		return t.audit(who.ID, "", "settings.changed", "", changed)
	})
}

// AuditEntry is one administrative act or sign-in.
type AuditEntry struct {
	ID      int64
	At      time.Time `gorm:"serializer:ms"` // real time
	AgentID int64     `gorm:"serializer:orNull"`
	Address string
	Action  string
	Object  string
	Details map[string]string `gorm:"serializer:json"`
}

func (AuditEntry) TableName() string { return "audit" }

// audit records an act inside the command that does it: agentID 0 is the desk itself or the command line; object is
// "noun:id". Details never carry message text, tokens or hashes.
func (t *tx) audit(agentID int64, address, action, object string, details map[string]string) error {
	if details == nil {
		details = map[string]string{}
	}
	entry := AuditEntry{At: t.real, AgentID: agentID, Address: address, Action: action, Object: object, Details: details}
	if err := t.Create(&entry).Error; err != nil {
		return fmt.Errorf("record %s: %w", action, err)
	}
	return nil
}

// RecordSignIn notes a success (agentID set), or a failure, a sign-out.
func (s *Store) RecordSignIn(ctx context.Context, agentID int64, address, action string) error {
	return s.command(ctx, func(t *tx) error { return t.audit(agentID, address, action, "", nil) })
}
