package harness

import (
	"strings"
	"sync"
	"testing"
)

// Storm sends the same create from many callers in parallel and sorts their responses.
func (m Member) Storm(t *testing.T, callers int, key, body string) (ids map[string]int, busy int) {
	t.Helper()
	ids = map[string]int{}
	var mu sync.Mutex

	var working sync.WaitGroup
	for range callers {
		working.Go(func() {
			got, err := m.Try(t.Context(), "POST", DatabasesPath, m.Keyed(key), body)
			if err != nil {
				t.Errorf("no answer: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()

			switch {
			case got.Status == 201:
				ids[got.Database(t, 201).ID]++
			case got.Status == 409 && got.Header.Get("Retry-After") != "" && strings.Contains(got.Body, "create_in_progress"):
				busy++
			default:
				t.Errorf("got %d %s", got.Status, got.Body)
			}
		})
	}
	working.Wait()

	return ids, busy
}
