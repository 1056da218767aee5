package upstash

import (
	"github.com/upstash-connect/bff/internal/secret"
)

// databaseDecoder decodes database objects. It reads credentials only to reveal them; otherwise it skips them like any
// other field outside the allow-list.
type databaseDecoder struct {
	Database
	reveal                                 bool
	password, restToken, readOnlyRestToken string

	arena   stringArena
	before  *Database // previous database of the list, which has many equal texts
	regions []string  // shared storage for the read regions of all databases of the list
}

// field identifies a member of the allow-list.
type field uint8

const (
	fieldUnused field = iota
	fieldID
	fieldName
	fieldType
	fieldPlan
	fieldRegion
	fieldPlatform
	fieldPrimaryRegion
	fieldReadRegions
	fieldState
	fieldModifying
	fieldEndpoint
	fieldPort
	fieldTLS
	fieldCreatedAt
	fieldPassword
	fieldRestToken
	fieldReadOnlyRestToken
)

// fieldOf is the allow-list. Names must match exactly; any other name is skipped.
func fieldOf(name []byte, reveal bool) field {
	switch string(name) {
	case "database_id":
		return fieldID
	case "database_name":
		return fieldName
	case "database_type":
		return fieldType
	case "type":
		return fieldPlan
	case "region":
		return fieldRegion
	case "platform":
		return fieldPlatform
	case "primary_region":
		return fieldPrimaryRegion
	case "read_regions":
		return fieldReadRegions
	case "state":
		return fieldState
	case "modifying_state":
		return fieldModifying
	case "endpoint":
		return fieldEndpoint
	case "port":
		return fieldPort
	case "tls":
		return fieldTLS
	case "creation_time":
		return fieldCreatedAt
	}

	if reveal {
		return secretOf(name)
	}

	return fieldUnused
}

func secretOf(name []byte) field {
	switch string(name) {
	case "password":
		return fieldPassword
	case "rest_token":
		return fieldRestToken
	case "read_only_rest_token":
		return fieldReadOnlyRestToken
	}

	return fieldUnused
}

func (o *databaseDecoder) secrets() Secrets {
	return Secrets{
		Password:          secret.New(o.password),
		RestToken:         secret.New(o.restToken),
		ReadOnlyRestToken: secret.New(o.readOnlyRestToken),
	}
}

// begin resets the decoder for the next object.
func (o *databaseDecoder) begin() {
	o.Database = Database{TLS: true}
	o.password, o.restToken, o.readOnlyRestToken = "", "", ""
}

// decodeDatabase decodes a response that is one database object.
func decodeDatabase(a *answer, reveal bool) (databaseDecoder, error) {
	o := databaseDecoder{reveal: reveal, before: new(Database)}

	err := a.readValue(func() error {
		if a.data[a.at] != '{' {
			return a.shapeError()
		}
		o.begin()

		return a.members(1, func(name []byte) error { return o.value(a, fieldOf(name, o.reveal), 2) })
	})

	return o, err
}

// value reads the value of a field at this depth.
func (o *databaseDecoder) value(a *answer, field field, depth int) (err error) {
	switch field {
	case fieldUnused:
		return a.skip(depth)
	case fieldReadRegions:
		o.ReadRegions, err = o.texts(a, depth)
		return err
	case fieldPort:
		o.Port, err = a.portNumber(depth)
		return err
	case fieldTLS:
		o.TLS, err = a.boolean(depth, true)
		return err
	case fieldCreatedAt:
		o.CreatedAt, err = a.unixTime(depth)
		return err
	}

	found, err := a.text(depth)
	if err == nil {
		o.set(field, found)
	}

	return err
}

// set stores a text.
func (o *databaseDecoder) set(field field, found []byte) {
	switch field {
	case fieldID:
		o.ID = o.arena.copy(found)
	case fieldName:
		o.Name = o.arena.copy(found)
	case fieldEndpoint:
		o.Endpoint = o.arena.copy(found)
	case fieldType:
		o.Type = o.arena.copyUnlessSame(o.before.Type, found)
	case fieldPlan:
		o.Plan = o.arena.copyUnlessSame(o.before.Plan, found)
	case fieldRegion:
		o.Region = o.arena.copyUnlessSame(o.before.Region, found)
	case fieldPlatform:
		o.Platform = o.arena.copyUnlessSame(o.before.Platform, found)
	case fieldPrimaryRegion:
		o.PrimaryRegion = o.arena.copyUnlessSame(o.before.PrimaryRegion, found)
	case fieldState:
		o.State = o.arena.copyUnlessSame(o.before.State, found)
	case fieldModifying:
		o.Modifying = o.arena.copyUnlessSame(o.before.Modifying, found)
	case fieldPassword:
		o.password = string(found) // a secret must not share memory with other texts
	case fieldRestToken:
		o.restToken = string(found)
	case fieldReadOnlyRestToken:
		o.readOnlyRestToken = string(found)
	}
}

// texts reads an array of strings and leaves out other elements; nil for anything else.
func (o *databaseDecoder) texts(a *answer, depth int) ([]string, error) {
	if a.data[a.at] != '[' {
		return nil, a.skip(depth)
	}
	from := len(o.regions)

	err := a.elements(depth, func() error {
		found, err := a.text(depth + 1)
		if err != nil || len(found) == 0 || len(o.regions)-from == maxTexts {
			return err
		}

		like := ""
		if n := len(o.regions) - from; n < len(o.before.ReadRegions) {
			like = o.before.ReadRegions[n]
		}
		o.regions = append(o.regions, o.arena.copyUnlessSame(like, found))

		return nil
	})
	if err != nil || len(o.regions) == from {
		return nil, err
	}

	return o.regions[from:len(o.regions):len(o.regions)], nil // the capacity prevents appends into the next list
}
