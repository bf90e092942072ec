package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm/schema"
)

// Two spellings of columns that gorm does not bring: "ms" keeps a time.Time as Unix milliseconds (0 = never), which both
// databases order and compare alike; "orNull" keeps a zero id or empty text as NULL, for references and unique columns.
func registerSerializers() {
	schema.RegisterSerializer("ms", msSerializer{})
	schema.RegisterSerializer("orNull", orNullSerializer{})
}

type msSerializer struct{}

func (msSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, value any) error {
	switch v := value.(type) {
	case nil:
		return field.Set(ctx, dst, time.Time{})
	case int64:
		return field.Set(ctx, dst, instant(v))
	}
	return fmt.Errorf("column %s: %T is no instant", field.DBName, value)
}

func (msSerializer) Value(_ context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	at, ok := value.(time.Time)
	if !ok {
		return nil, fmt.Errorf("%T is no time", value)
	}
	return millis(at), nil
}

type orNullSerializer struct{}

func (orNullSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, value any) error {
	if value == nil {
		value = reflect.Zero(field.FieldType).Interface()
	}
	return field.Set(ctx, dst, value)
}

func (orNullSerializer) Value(_ context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	if reflect.ValueOf(value).IsZero() {
		return nil, nil
	}
	return value, nil
}
