package config

import "github.com/spf13/pflag"

// Fact is an effective value that is not a setting of bff.
type Fact struct {
	Name   string
	Value  string
	Origin string // the variable that determined it; empty: none
}

// ProxyFacts returns the forward proxies in the environment, without passwords, and the proxy of each outgoing call. It
// returns nothing if there is no proxy.
func ProxyFacts(flags *pflag.FlagSet, environ []string) []Fact {
	c, _, _ := read(flags, environ)
	if !c.Proxies.Any() {
		return nil
	}

	var facts []Fact
	for _, named := range c.Proxies.Named() {
		facts = append(facts, Fact{Name: named[0], Value: named[1], Origin: "environment"})
	}

	for _, target := range []struct{ setting, url string }{
		{"AUTH_ISSUER", c.AuthIssuer}, {"UPSTASH_API_URL", c.UpstashAPIURL}, {"KEYSET_KEK", c.KeysetKEK.URL()},
	} {
		if target.url == "" {
			continue
		}
		proxy, decidedBy := c.Proxies.Of(target.url)

		fact := Fact{Name: prefix + target.setting, Value: "reached through " + proxy, Origin: decidedBy}
		if proxy == "" {
			fact.Value = "reached directly"
		}
		facts = append(facts, fact)
	}

	return facts
}
