// Package migrations holds the schema as numbered SQL, one folder per database, forward only. The numbers of both
// folders agree: step 0007 is the same change in each dialect.
package migrations

import "embed"

// SQLite is the folder of steps for SQLite, in files named NNNN_what.sql as goose reads them.
//
//go:embed sqlite/*.sql
var SQLite embed.FS
