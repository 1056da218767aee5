package brand_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/brand"
)

func TestLinks(t *testing.T) {
	got, err := brand.ParseLinks("product=https://acme.example, support=mailto:help@acme.example,privacy=https://acme.example/p?x=1")
	want := brand.Links{
		Product: "https://acme.example", Support: "mailto:help@acme.example", Privacy: "https://acme.example/p?x=1",
	}

	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}

	for _, address := range []string{
		"help@acme.example", "first.last+bff@mail.acme.example", "o'neil_1-x~y!z$*@acme.example", "HELP@ACME.EXAMPLE",
	} {
		if got, err := brand.ParseLinks("support=mailto:" + address); err != nil || got.Support != "mailto:"+address {
			t.Errorf("%s: got %+v, %v", address, got, err)
		}
	}

	for _, value := range []string{
		"", "https://acme.example", "product=", "product", "product=http://acme.example", "product=javascript:alert(1)",
		"product=//acme.example", "product=https://", "product=https://me:word@acme.example", "terms=https://acme.example",
		"product=https://a.example,product=https://b.example", "product=mailto:help@acme.example", "support=mailto:help",
		"support=mailto:@acme.example", "support=mailto:a@b@c", "support=mailto:help@acme.example?subject=x", "product=https://a.example,",
		"support=mailto:?cc=x@evil.example", "support=mailto:x?bcc=e&body=y@acme.example", "support=mailto:a@b c",
		"support=mailto:a b@acme.example", "support=mailto:a%3Fcc=x@acme.example", "support=mailto:a#b@acme.example",
		"support=mailto:help@acme.example ?cc=x", "support=mailto:<help@acme.example>", "support=mailto:Help <help@acme.example>",
		"support=mailto:help@acme.example;x@evil.example", `support=mailto:"a?cc=x"@acme.example`, "support=mailto:(x)help@acme.example",
		"support=mailto:a..b@acme.example", "support=mailto:help@[127.0.0.1]", "support=mailto:hélp@acme.example",
		"support=mailto:help@acme.example/x", "support=mailto://help@acme.example", "support=MAILTO:help", "support=mailto:",
	} {
		if got, err := brand.ParseLinks(value); err == nil {
			t.Errorf("%q is accepted: %+v", value, got)
		}
	}
}
