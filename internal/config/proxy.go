package config

import "github.com/spf13/pflag"

// Fact is something in force that is no setting of ours.
type Fact struct {
	Name   string
	Value  string
	Origin string // the variable that decided it; empty: none
}

// ProxyFacts says which forward proxies the environment names, without their passwords, and through which of them each
// of our own calls leaves. None while no proxy is named.
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
