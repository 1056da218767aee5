package test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// Threat model: P03.
func TestBodiesMustBeOneStrictObject(t *testing.T) {
	m := harness.StartWithMember(t)
	good := harness.CreateBody("x")
	m.RejectsBodies(t, 400, "invalid_json", map[string]string{
		"a field twice":                  `{"name":"x","name":"y","primary_region":"us-east-1"}`,
		"a field twice, once escaped":    `{"name":"x","n\u0061me":"y","primary_region":"us-east-1"}`,
		"an object behind it":            good + `{}`,
		"another line":                   good + "\n" + good,
		"a comment":                      `{"name":"x"/* */,"primary_region":"us-east-1"}`,
		"a line comment":                 "// x\n" + good,
		"a byte order mark":              "\ufeff" + good,
		"NaN":                            `{"name":"x","primary_region":"us-east-1","budget":NaN}`,
		"Infinity":                       `{"name":"x","primary_region":"us-east-1","budget":-Infinity}`,
		"a number beyond a double":       `{"name":"x","primary_region":"us-east-1","budget":1e400}`,
		"a number in a strange spelling": `{"name":"x","primary_region":"us-east-1","budget":0x10}`,
		"a leading zero":                 `{"name":"x","primary_region":"us-east-1","budget":010}`,
		"depth 10 000": `{"name":` + strings.Repeat(
			"[", 10_000,
		) + strings.Repeat(
			"]", 10_000,
		) + `}`,
		"depth 17":                          `{"x":` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + `}`,
		"depth without end":                 `{"a":` + strings.Repeat(`{"a":`, 10_000),
		"a lone surrogate":                  `{"name":"\ud800","primary_region":"us-east-1"}`,
		"bytes that are not UTF-8":          "{\"name\":\"x\xff\",\"primary_region\":\"us-east-1\"}",
		"a control character in a string":   "{\"name\":\"x\ny\",\"primary_region\":\"us-east-1\"}",
		"single quotes":                     `{'name':'x'}`,
		"a comma too many":                  `{"name":"x","primary_region":"us-east-1",}`,
		"an array":                          `[` + good + `]`,
		"null":                              `null`,
		"a string":                          `"name"`,
		"a number":                          `5`,
		"white space":                       " \n\t ",
		"cut":                               good[:len(good)-1],
		"UTF-16":                            "\xfe\xff\x00{\x00}",
		"a zero byte behind it":             good + "\x00",
		"a form":                            "name=x&primary_region=us-east-1",
		"a field twice in a foreign object": `{"x":{"a":1,"a":2}}`,
	})
	m.RejectsBodies(t, 400, "unknown_field", map[string]string{
		"an unknown field":               `{"name":"x","primary_region":"us-east-1","color":"red"}`,
		"another case":                   `{"database_name":"x","Database_Name":"y","primary_region":"us-east-1"}`,
		"another case alone":             `{"NAME":"x","primary_region":"us-east-1"}`,
		"a letter that folds to another": `{"name":"x","primary_region":"us-east-1","tlſ":false}`,
		"__proto__":                      `{"name":"x","primary_region":"us-east-1","__proto__":{"plan":"pro"}}`,
		"an empty name":                  `{"name":"x","primary_region":"us-east-1","":1}`,
		"a long name": `{"name":"x","primary_region":"us-east-1","` + strings.Repeat(
			"n", 10_000,
		) + `":1}`,
		"a name with a tilde and a dash": `{"name":"x","primary_region":"us-east-1","~/":1}`,
	})

	got := m.Create(
		t,
		"",
		`{"name":"x","primary_region":"us-east-1","a~b/c":1}`,
	).IsProblem(
		t, 400, "unknown_field",
	).Pointers()
	if fmt.Sprint(got) != "[/a~0b~1c]" {
		t.Errorf("got pointers %v, want RFC 6901's escapes", got)
	}
}

func TestEveryErrorInABodyIsReportedTogether(t *testing.T) {
	m := harness.StartWithMember(
		t,
		harness.WithConfig(
			func(c *config.Config) { c.AllowedRegions, c.MaxBudget = []string{"us-east-1", "us-west-1"}, 100 },
		),
	)
	rows := map[string]struct {
		body, code string
		status     int
		want       []string
	}{
		"types and values": {
			`{"name":5,"primary_region":"mars","read_regions":["us-west-1","us-west-1",7],"budget":"20","eviction":"yes","tls":false,"region":"eu","platform":"azure","plan":"fixed_500gb"}`,
			"validation_failed",
			422,
			[]string{
				"/budget",
				"/eviction",
				"/name",
				"/plan",
				"/platform",
				"/primary_region",
				"/read_regions",
				"/region",
				"/tls",
			},
		},
		"unknown fields and the others": {
			`{"nme":"x","primary_region":"mars","budget":-1}`, "unknown_field", 400,
			[]string{"/budget", "/name", "/nme", "/primary_region"},
		},
		"only not allowed here": {
			`{"name":"x","primary_region":"eu-west-1","read_regions":["eu-central-1"],"budget":101,"plan":"fixed_1gb"}`,
			"not_allowed",
			422,
			[]string{"/budget", "/plan", "/primary_region", "/read_regions/0"},
		},
		"both words for the name": {
			`{"name":"x","database_name":"x","primary_region":"us-east-1"}`,
			"validation_failed",
			422,
			[]string{"/database_name"},
		},
		"the other word for the name": {
			`{"database_name":"x y","primary_region":"us-east-1"}`,
			"validation_failed",
			422,
			[]string{"/database_name"},
		},
		"the other word of a wrong type": {
			`{"database_name":5,"primary_region":"us-east-1"}`, "validation_failed", 422, []string{"/database_name"},
		},
		"an empty object": {`{}`, "validation_failed", 422, []string{"/name", "/primary_region"}},
		"null everywhere": {
			`{"name":null,"primary_region":null,"budget":null}`,
			"validation_failed",
			422,
			[]string{"/name", "/primary_region"},
		},
	}
	m.HasNoEffect(t, func() {
		for name, row := range rows {
			t.Run(name, func(t *testing.T) {
				got := m.Create(t, "", row.body).IsProblem(t, row.status, row.code).Pointers()
				if !slices.Equal(got, row.want) {
					t.Errorf("got faults at %v, want %v", got, row.want)
				}
			})
		}
	})
}

// Threat model: P04.
func TestExtraFieldsAndPaidOptionsAreRejected(t *testing.T) {
	m := harness.StartWithMember(
		t,
		harness.WithConfig(
			func(c *config.Config) { c.MaxBudget, c.AllowedRegions = 500, []string{"us-east-1", "us-west-1"} },
		),
	)
	with := func(more string) string { return `{"name":"x","primary_region":"us-east-1",` + more + `}` }
	m.RejectsBodies(t, 422, "not_allowed", map[string]string{
		"a dear plan":            with(`"plan":"fixed_500gb"`),
		"a budget over ours":     with(`"budget":999999`),
		"a budget just over":     with(`"budget":501`),
		"an unlimited budget":    with(`"budget":0`),
		"a region not allowed":   `{"name":"x","primary_region":"eu-west-1"}`,
		"a replica not allowed":  with(`"read_regions":["eu-west-1"]`),
		"a platform not allowed": `{"name":"x","primary_region":"us-central1"}`,
	})
	m.RejectsBodies(t, 422, "validation_failed", map[string]string{
		"no TLS":               with(`"tls":false`),
		"a thousand replicas":  with(`"read_regions":[` + strings.Repeat(`"us-west-1",`, 999) + `"us-west-1"]`),
		"a negative budget":    with(`"budget":-1`),
		"a budget of 2^63":     with(`"budget":9223372036854775808`),
		"half a dollar":        with(`"budget":0.5`),
		"a regional database":  with(`"region":"us-east-1"`),
		"a plan nobody offers": with(`"plan":"enterprise"`),
	})

	fields := map[string]string{}
	for _, field := range []string{
		"customer_id", "email", "user_email", "owner", "team_id", "team", "account", "consistent", "multizone", "auto_upgrade", "prod_pack_enabled",
		"password", "rest_token", "credentials", "db_acl_enabled", "id", "database_id", "state", "endpoint", "port", "created_at",
	} {
		fields[field] = with(`"` + field + `":"x"`)
	}
	m.RejectsBodies(t, 400, "unknown_field", fields)

	for _, budget := range []string{"0", "501"} {
		got := m.Create(t, "", with(`"budget":`+budget)).IsProblem(t, 422, "not_allowed")
		if fmt.Sprint(got.Pointers()) != "[/budget]" || got.Errors[0].Detail != "must be 1 to 500 here" {
			t.Errorf("budget %s: got %+v, want the allowed ones", budget, got.Errors)
		}
	}

	created := m.Create(
		t,
		"",
		with(`"plan":"payg","budget":500,"eviction":true,"read_regions":["us-west-1"],"region":"global","tls":true`),
	).Database(
		t, 201,
	)

	upstream := m.Account(t, m.Email).Databases
	if len(upstream) != 1 || upstream[0]["budget"] != float64(500) || upstream[0]["eviction"] != true ||
		fmt.Sprint(upstream[0]["read_regions"]) != "[us-west-1]" {
		t.Errorf("got upstream %v, want the requested settings", upstream)
	}

	if created.Plan != "payg" || created.Platform != "aws" || upstream[0]["tls"] != created.TLS {
		t.Errorf("got %+v, want a payg database on aws, with TLS as upstream says: %v", created, upstream[0]["tls"])
	}
}

// Threat model: P05.
func TestCreateFieldValues(t *testing.T) {
	m := harness.StartWithMember(t)

	bad := map[string]string{
		"nothing":              "",
		"65 letters":           strings.Repeat("a", 65),
		"an emoji":             "base🚀",
		"right to left":        "a\u202eb",
		"a new line":           `a\nb`,
		"a carriage return":    `a\rb`,
		"SQL":                  `x\"; DROP TABLE creates;--`,
		"a leading dash":       "-x",
		"a leading underscore": "_x",
		"a zero":               `a\u0000b`,
		"an escape sequence":   `a\u001b[31m`,
		"a space":              "a b",
		"a slash":              "a/b",
		"dots":                 "../x",
		"a percent sign":       "%2e",
		"markup":               "<b>x",
		"full width":           "ｎａｍｅ",
		"a combining accent":   "e\u0301",
		"a soft hyphen":        "a\u00adb",
		"a final new line":     `x\n`,
	}
	for name, value := range bad {
		t.Run("name: "+name, func(t *testing.T) {
			got := m.Create(t, "", harness.CreateBody(value)).IsProblem(t, 422, "validation_failed").Pointers()
			if fmt.Sprint(got) != "[/name]" {
				t.Errorf("got faults at %v, want /name", got)
			}
		})
	}

	regions := map[string]struct{ value, pointer string }{
		"unknown":         {`"primary_region":"mars-1"`, "/primary_region"},
		"of another case": {`"primary_region":"US-EAST-1"`, "/primary_region"},
		"an array":        {`"primary_region":["us-east-1"]`, "/primary_region"},
		"with a space":    {`"primary_region":"us-east-1 "`, "/primary_region"},
		"a number":        {`"primary_region":1`, "/primary_region"},
		"empty":           {`"primary_region":""`, "/primary_region"},
		"replica unknown": {`"primary_region":"us-east-1","read_regions":["mars-1"]`, "/read_regions/0"},
		"replica primary": {`"primary_region":"us-east-1","read_regions":["us-east-1"]`, "/read_regions/0"},
		"replica twice": {
			`"primary_region":"us-east-1","read_regions":["us-west-1","us-west-1"]`,
			"/read_regions/1",
		},
		"replica is null":  {`"primary_region":"us-east-1","read_regions":[null]`, "/read_regions/0"},
		"replicas a text":  {`"primary_region":"us-east-1","read_regions":"us-west-1"`, "/read_regions"},
		"replica no can":   {`"primary_region":"us-east-1","read_regions":["af-south-1"]`, "/read_regions/0"},
		"on other cloud":   {`"primary_region":"us-east-1","platform":"gcp"`, "/platform"},
		"replica on other": {`"primary_region":"us-central1","read_regions":["us-west-1"]`, "/read_regions/0"},
	}
	for name, row := range regions {
		t.Run("region: "+name, func(t *testing.T) {
			got := m.Create(t, "", `{"name":"x",`+row.value+`}`).IsProblem(t, 422, "validation_failed").Pointers()
			if fmt.Sprint(got) != "["+row.pointer+"]" {
				t.Errorf("got faults at %v, want %s", got, row.pointer)
			}
		})
	}

	if names := m.UpstreamNames(t); len(names) != 0 {
		t.Errorf("got databases %v, want none", names)
	}

	for _, name := range []string{"x", strings.Repeat("a", 64), "0", "A-_9"} {
		if got := m.Create(t, "", harness.CreateBody(name)).Database(t, 201); got.Name != name {
			t.Errorf("got name %q, want %q", got.Name, name)
		}
	}
}

func TestPartnerGuideBodyWorks(t *testing.T) {
	m := harness.StartWithMember(t)

	got := m.Create(
		t,
		"",
		`{"name":"myredis","region":"global","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"tls":true}`,
	).Database(
		t, 201,
	)
	if got.Name != "myredis" || fmt.Sprint(got.ReadRegions) != "[us-west-1 us-west-2]" {
		t.Errorf("got %+v, want myredis with two read regions", got)
	}
	m.Create(t, "", `{"database_name":"other","platform":"gcp","primary_region":"us-central1"}`).Database(t, 201)
}

// Threat model: P06.
func TestContentTypes(t *testing.T) {
	m := harness.StartWithMember(t)
	body := harness.CreateBody("x")
	rows := map[string]struct {
		header http.Header
		body   string
		status int
		code   string
	}{
		"text/json": {http.Header{"Content-Type": {"text/json"}}, body, 415, "unsupported_media_type"},
		"UTF-16": {
			http.Header{"Content-Type": {"application/json;charset=utf-16"}},
			body,
			415,
			"unsupported_media_type",
		},
		"XML": {
			http.Header{"Content-Type": {"application/xml"}},
			"<name>x</name>",
			415,
			"unsupported_media_type",
		},
		"two headers": {
			http.Header{"Content-Type": {"application/json", "application/json"}},
			body,
			415,
			"unsupported_media_type",
		},
		"two values in one": {
			http.Header{"Content-Type": {"application/json, text/plain"}},
			body,
			415,
			"unsupported_media_type",
		},
		"a form": {
			http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			body,
			415,
			"unsupported_media_type",
		},
		"plain text": {http.Header{"Content-Type": {"text/plain"}}, body, 415, "unsupported_media_type"},
		"a problem": {
			http.Header{"Content-Type": {"application/problem+json"}},
			body,
			415,
			"unsupported_media_type",
		},
		"nonsense": {
			http.Header{"Content-Type": {"application"}},
			body,
			415,
			"unsupported_media_type",
		},
		"a parameter cut short": {
			http.Header{"Content-Type": {"application/json; charset"}},
			body,
			415,
			"unsupported_media_type",
		},
		"an empty body as JSON": {
			http.Header{"Content-Type": {"application/json"}, "Content-Length": {"0"}},
			"",
			400,
			"invalid_json",
		},
		"an empty body and no type": {nil, "", 415, "unsupported_media_type"},
	}
	m.HasNoEffect(t, func() {
		for name, row := range rows {
			t.Run(name, func(t *testing.T) {
				m.Do(
					t, "POST", harness.DatabasesPath, harness.Merged(m.Header, row.header), row.body,
				).IsProblem(
					t, row.status, row.code,
				)
			})
		}
		t.Run("no type at all", func(t *testing.T) {
			m.Send(
				t,
				"POST",
				harness.DatabasesPath,
				fmt.Sprintf("Content-Length: %d\r\n", len(body))+"Connection: close\r\n\r\n"+body,
			).IsProblem(t, 415,
				"unsupported_media_type")
		})
	})

	for _, kind := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", `application/json; charset="utf-8"`} {
		got := m.Do(
			t,
			"POST",
			harness.DatabasesPath,
			harness.Merged(m.Header, http.Header{"Content-Type": {kind}}),
			harness.CreateBody("x"),
		).Database(
			t, 201,
		)
		if got.Name != "x" {
			t.Errorf("%s: got %+v", kind, got)
		}
	}

	if got := m.UpstreamNames(t); !maps.Equal(got, map[string]int{"x": 4}) {
		t.Errorf("got databases %v, want four named x", got)
	}
}

func TestPolicyMaxDatabases(t *testing.T) {
	m := harness.StartWithMember(t, harness.WithConfig(func(c *config.Config) { c.MaxDatabases = 2 }))
	m.Create(t, "", harness.CreateBody("one")).Is(t, 201)
	m.Create(t, "", harness.CreateBody("two")).Is(t, 201)
	m.Create(t, "", harness.CreateBody("three")).IsProblem(t, 409, "database_limit")

	if got := m.UpstreamNames(t); len(got) != 2 {
		t.Errorf("got databases %v, want two", got)
	}
}
