package operation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

// Encode encodes the values as a JSON object with the fields of o, in their order. Absent values are left out. Secrets
// leave only when reveal is true; otherwise an object with a secret field is an error, not a response.
func (o *Object) Encode(values Values, reveal bool) ([]byte, error) {
	var to bytes.Buffer

	_ = to.WriteByte('{')

	for n := range o.Fields {
		field := &o.Fields[n]

		value, present := values[field.Name]
		if !present {
			continue
		}

		if field.Secret && !reveal {
			return nil, fmt.Errorf("operation: the secret field %s must not leave", field.Name)
		}

		encoded, err := json.Marshal(plain(value))
		if err != nil {
			return nil, err
		}

		if to.Len() > 1 {
			_ = to.WriteByte(',')
		}
		_, _ = fmt.Fprintf(&to, "%q:%s", field.Key(), encoded)
	}
	_ = to.WriteByte('}')

	return to.Bytes(), nil
}

// plain returns the value as encoding/json should see it. It is the only place that reveals a secret of an operation.
func plain(value any) any {
	switch value := value.(type) {
	case secret.Text:
		return value.Reveal()
	case time.Time:
		return value.UTC().Format(time.RFC3339)
	}

	return value
}
