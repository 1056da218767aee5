package desktop_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/desktop"
)

func TestDestroyingCallsAreRecognized(t *testing.T) {
	for call, want := range map[[2]string]bool{
		{"GET", "/redis/databases"}:                  false,
		{"GET", "/teams"}:                            false,
		{"GET", "/redis/reset-password/x"}:           false,
		{"POST", "/redis/database"}:                  false,
		{"POST", "/redis/rename/x"}:                  false,
		{"POST", "/redis/create-backup/x"}:           false,
		{"PATCH", "/redis/update-budget/x"}:          false,
		{"POST", "/vector/index"}:                    false,
		{"DELETE", "/redis/database/x"}:              true,
		{"DELETE", "/anything"}:                      true,
		{"POST", "/redis/reset-password/x"}:          true,
		{"POST", "/v2/redis/RESET-Password/x"}:       true,
		{"POST", "/redis/reset%2Dpassword/x"}:        true,
		{"PUT", "/redis/%72eset-password/x"}:         true,
		{"POST", "/redis/restore-backup/x"}:          true,
		{"POST", "/redis/move-to-team"}:              true,
		{"POST", "/vector/index/x/transfer"}:         true,
		{"POST", "/qstash/rotate-token/x"}:           true,
		{"POST", "/team"}:                            true,
		{"PATCH", "/teams/member"}:                   true,
		{"POST", "/redis/delete-backup/x/y"}:         true,
		{"POST", "/redis/rename/x?reset=delete"}:     false,
		{"POST", "/v2/redis/database/teamwork-1234"}: false,
	} {
		path, err := desktop.ParseAPIPath(call[1])
		if err != nil {
			t.Fatal(err)
		}

		if got := (desktop.APICall{Method: call[0], Path: path}).Destroys(); got != want {
			t.Errorf("%v: got %t, want %t", call, got, want)
		}
	}
}
