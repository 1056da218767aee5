package db

import (
	"bytes"
	"os"
	"testing"
)

// sealedPrefix is the length of the key id that every sealed value starts with.
const sealedPrefix, fragment = 5, 12

// filesWith lists the database's files that contain a sealed value, or a fragment of it.
func filesWith(t *testing.T, path string, sealed []byte) []string {
	t.Helper()

	var found []string
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}

		for from := sealedPrefix; from+fragment <= len(sealed); from++ {
			if bytes.Contains(content, sealed[from:from+fragment]) {
				found = append(found, "the database"+suffix)
				break
			}
		}
	}

	return found
}
