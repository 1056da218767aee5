package db

import (
	"path/filepath"
	"slices"
	"testing"
)

// A rotation would skip a sealed column that the list lacks. Its values would be lost with the old key.
func TestEverySealedColumnIsListed(t *testing.T) {
	database, err := Open(t.Context(), Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "bff.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = database.Close() }()
	var inSchema, guarded []string

	err = database.read.Raw(`SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name LIKE 'sealed%'`).Scan(&inSchema).Error
	if err != nil {
		t.Fatal(err)
	}

	if err := database.read.Raw(
		`SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%retired_keys%'`,
	).Scan(
		&guarded,
	).Error; err != nil {
		t.Fatal(err)
	}

	var listed, tables []string
	for _, c := range sealedColumns() {
		listed = append(listed, c.table+"."+c.column)
		tables = append(tables, c.table)
	}

	for _, list := range [][]string{inSchema, guarded, listed, tables} {
		slices.Sort(list)
	}

	if !slices.Equal(inSchema, listed) || len(listed) < 2 {
		t.Errorf("the schema has %v, the list %v", inSchema, listed)
	}

	if !slices.Equal(guarded, tables) {
		t.Errorf("triggers keep retired keys out of %v, want %v", guarded, tables)
	}
}
