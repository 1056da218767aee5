package harness

import (
	"testing"
)

// Code reads a problem's code.
func (a Response) Code(t *testing.T) string {
	t.Helper()
	var read struct {
		Code string `json:"code"`
	}
	a.JSON(t, &read)

	return read.Code
}
