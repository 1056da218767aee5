package db

import (
	"bytes"
	"os"
	"testing"
)

// filesWith names the database's files that hold these bytes.
func filesWith(t *testing.T, path string, wanted []byte) []string {
	t.Helper()
	var found []string
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, wanted) {
			found = append(found, suffix)
		}
	}
	return found
}
