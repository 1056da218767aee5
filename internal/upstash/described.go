package upstash

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/upstash-connect/bff/internal/secret"
)

// maxDatabases bounds a list by its elements too: small ones are cheap to send and dear to keep.
const maxDatabases = 10_000

// described is a database object while it is read. Its credentials are read only when they are to be revealed; else
// they are skipped like any other field we do not name.
type described struct {
	Database
	reveal                                 bool
	password, restToken, readOnlyRestToken string
}

func (o *described) secrets() Secrets {
	return Secrets{
		Password: secret.New(
			o.password,
		),
		RestToken:         secret.New(o.restToken),
		ReadOnlyRestToken: secret.New(o.readOnlyRestToken),
	}
}

// readListing reads the array of a list.
func readListing(decoder *jsontext.Decoder) (Listing, error) {
	if decoder.PeekKind() != '[' {
		return Listing{}, shapeFault(decoder)
	}

	if _, err := decoder.ReadToken(); err != nil {
		return Listing{}, err
	}

	listing := Listing{Databases: []Database{}}
	for decoder.PeekKind() != ']' {
		if len(listing.Databases)+listing.Odd >= maxDatabases {
			return Listing{}, errTooMany
		}

		var object described
		if decoder.PeekKind() != '{' {
			if err := decoder.SkipValue(); err != nil {
				return Listing{}, err
			}
		} else if err := object.read(decoder); err != nil {
			return Listing{}, err
		}

		if !UsableID(object.ID) || object.Name == "" {
			listing.Odd++
			continue
		}
		listing.Databases = append(listing.Databases, object.Database)
	}
	_, err := decoder.ReadToken()

	return listing, err
}

// read is the allow-list: names compare letter by letter, and what is not named here is skipped.
func (o *described) read(decoder *jsontext.Decoder) error {
	o.TLS = true

	return eachMember(decoder, func(name []byte) (err error) {
		switch string(name) {
		case "database_id":
			o.ID, err = text(decoder)
		case "database_name":
			o.Name, err = text(decoder)
		case "database_type":
			o.Type, err = text(decoder)
		case "type":
			o.Plan, err = text(decoder)
		case "region":
			o.Region, err = text(decoder)
		case "platform":
			o.Platform, err = text(decoder)
		case "primary_region":
			o.PrimaryRegion, err = text(decoder)
		case "read_regions":
			o.ReadRegions, err = texts(decoder)
		case "state":
			o.State, err = text(decoder)
		case "modifying_state":
			o.Modifying, err = text(decoder)
		case "endpoint":
			o.Endpoint, err = text(decoder)
		case "port":
			o.Port, err = portNumber(decoder)
		case "tls":
			o.TLS, err = flag(decoder, true)
		case "creation_time":
			o.CreatedAt, err = moment(decoder)
		default:
			if field := o.secret(name); field != nil {
				*field, err = text(decoder)
				return err
			}
			err = decoder.SkipValue()
		}

		return err
	})
}

// secret is where a credential goes; nil when the name is none, or nothing is to be revealed.
func (o *described) secret(name []byte) *string {
	if !o.reveal {
		return nil
	}

	switch string(name) {
	case "password":
		return &o.password
	case "rest_token":
		return &o.restToken
	case "read_only_rest_token":
		return &o.readOnlyRestToken
	}

	return nil
}
