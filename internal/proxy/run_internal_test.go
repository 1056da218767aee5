package proxy

import (
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
)

// Upstash would reject these with a text of its own, which nobody can act on.
func TestReadRegionsMustBeRegionsOfTheCatalog(t *testing.T) {
	t.Parallel()

	s, err := NewService(complete(0))
	if err != nil {
		t.Fatal(err)
	}
	regions, _ := operation.Find("redis.regions")

	for name, row := range map[string]struct {
		sent []string
		want string // the pointer of the only error; empty: none
	}{
		"known":             {[]string{"us-west-1", "eu-west-1"}, ""},
		"none":              {[]string{}, ""},
		"unknown":           {[]string{"us-west-1", "moon-1"}, "/read_regions/1"},
		"no read region":    {[]string{"af-south-1"}, "/read_regions/0"},
		"listed twice":      {[]string{"us-west-1", "us-west-1"}, "/read_regions/1"},
		"in another letter": {[]string{"US-WEST-1"}, "/read_regions/0"},
	} {
		fields := s.CheckFields(regions, operation.Values{"read_regions": row.sent})
		if len(fields) != min(len(row.want), 1) || (len(fields) > 0 && fields[0].Pointer() != row.want) {
			t.Errorf("%s: got %+v, want an error at %q", name, fields, row.want)
		}
	}
}
