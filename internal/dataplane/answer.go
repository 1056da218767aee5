package dataplane

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// judge returns nil for the answer of a working database, *Error for another one, and the error of reading it.
func judge(response *http.Response) error {
	if response.StatusCode == http.StatusUnauthorized {
		return failed(TokenRejected)
	}

	body, err := io.ReadAll(io.LimitReader(response.Body, maxBodyBytes+1))
	switch {
	case err != nil:
		return err
	case len(body) > maxBodyBytes:
		return failed(UnexpectedAnswer)
	}

	var answer struct {
		Result any    `json:"result"`
		Error  string `json:"error"`
	}

	if response.StatusCode >= 300 && response.StatusCode < 400 || json.Unmarshal(body, &answer) != nil {
		return failed(UnexpectedAnswer)
	}

	switch {
	case response.StatusCode == http.StatusOK && answer.Result == "PONG":
		return nil
	case strings.HasPrefix(answer.Error, "NOPERM "):
		// Redis's error code for a user who may not run this command. The database accepted the token and answered.
		return nil
	case response.StatusCode == http.StatusBadRequest && answer.Error != "":
		return failed(CommandRejected)
	}

	return failed(UnexpectedAnswer)
}
