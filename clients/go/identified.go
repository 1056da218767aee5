package connect

import (
	"encoding/json"
	"errors"
)

// identified is the answer of a call with the keys by which the client recognizes it. The JSON of another program, such
// as {"status":"maintenance"} of a gateway, lacks them, and would decode into an empty answer.
type identified struct {
	answer any
	keys   []string
}

func by(answer any, keys ...string) *identified { return &identified{answer, keys} }

// UnmarshalJSON implements json.Unmarshaler. It returns an error if a key is missing or null.
func (i *identified) UnmarshalJSON(text []byte) error {
	var found map[string]json.RawMessage
	if err := json.Unmarshal(text, &found); err != nil {
		return err
	}

	for _, key := range i.keys {
		if value, exists := found[key]; !exists || string(value) == "null" {
			return errors.New("a key is missing")
		}
	}

	return json.Unmarshal(text, i.answer)
}
