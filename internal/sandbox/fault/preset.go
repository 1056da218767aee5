package fault

import "encoding/json"

// Preset is a fault with a name.
type Preset struct {
	Name string `json:"name"`
	Says string `json:"says"`
	// Target and Path are where the fault makes sense, if that is one place.
	Target string `json:"target,omitempty"`
	Path   string `json:"path,omitempty"`
	Do     Do     `json:"do"`
}

const jwksPath = "/.well-known/jwks.json"

// Presets lists the named faults.
func Presets() []Preset {
	presets := []Preset{
		anywhere("latency", "responds after 0.2 to 1.5 s", Do{DelayMS: 200, DelayMaxMS: 1500}),
		anywhere("hang", "does nothing and sends no response until the caller disconnects", Do{Hang: BeforeCommit}),
		anywhere("hang_after", "does the work but sends no response until the caller disconnects", Do{Hang: AfterCommit}),
		anywhere("drop_before", "closes the connection without doing the work", Do{Drop: BeforeCommit}),
		anywhere("drop_after", "does the work, and closes the connection without a response", Do{Drop: AfterCommit}),
		anywhere("reset_before", "resets the connection (RST) without doing the work", Do{Drop: BeforeCommit, Reset: true}),
		anywhere("reset_after", "does the work, and resets the connection (RST) without a response", Do{Drop: AfterCommit, Reset: true}),
		anywhere("cut", "does the work, and closes the connection half-way through the body", Do{CutInBody: true}),
		anywhere("reset_in_body", "does the work, and resets the connection (RST) half-way through the body", Do{CutInBody: true, Reset: true}),

		anywhere("redirect", "302 to another host", status(302, nil, "Location", "http://127.0.0.1:9/elsewhere")),
		anywhere("redirect_kept", "307 to another host, which makes the client send the body again", status(307, nil, "Location", "http://127.0.0.1:9/elsewhere")),
		anywhere("redirect_permanent", "308 to another host", status(308, nil, "Location", "http://127.0.0.1:9/elsewhere")),

		anywhere("rate_limited", "429, Retry-After of 2 s", status(429, slowDown, "Retry-After", "2")),
		anywhere("rate_limited_long", "429, Retry-After of 30 years", status(429, slowDown, "Retry-After", "1000000000")),
		anywhere("rate_limited_date", "429, Retry-After as a date, in 30 s", status(429, slowDown, "Retry-After", "{{in_30s}}")),
		anywhere("rate_limited_past", "429, Retry-After as a date in the past", status(429, slowDown, "Retry-After", "{{ago_30s}}")),
		anywhere("rate_limited_garbage", "429, Retry-After that is neither seconds nor a date", status(429, slowDown, "Retry-After", "soon")),
		anywhere("rate_limited_bare", "429 without Retry-After", status(429, slowDown)),

		anywhere("server_error", "500 that repeats the caller's key and e-mail", status(500, map[string]string{
			"error": "query failed for {{email}} key {{secret}}", "trace": "goroutine 1 [running]:\nAuthorization: {{authorization}}",
		})),
		anywhere("bad_gateway", "502 in HTML that repeats the caller's key and e-mail", status(502,
			"<html><title>502</title><p>{{email}} {{secret}} {{authorization}}</p></html>", "Content-Type", "text/html", "X-Debug", "{{email}} {{secret}}")),
		anywhere("unavailable", "503, Retry-After of 5 s", status(503, "down for maintenance", "Retry-After", "5")),

		anywhere("json_cut", "does the work, and returns half of its JSON", Do{Spoil: "json_cut"}),
		anywhere("json_types", "does the work, and returns JSON with values of other types", Do{Spoil: "json_types"}),
		anywhere("json_html", "does the work, and returns 200 with an HTML page", Do{Spoil: "json_html"}),
		anywhere("json_empty", "does the work, and responds without a body", Do{Spoil: "json_empty"}),
		anywhere("json_null", "does the work, and returns null", Do{Spoil: "json_null"}),
		anywhere("json_duplicate", "does the work, and returns JSON with each name twice", Do{Spoil: "json_duplicate"}),
		anywhere("json_deep", "does the work, and returns 100 000 nested arrays", Do{Spoil: "json_deep"}),

		anywhere("gzip_bomb", "does the work, and returns 1 MB that unpacks to 1 GB", Do{GzipBombMB: 1024}),
		anywhere("huge", "does the work, and responds after 512 MB of white space", Do{PadMB: 512}),
		anywhere("slow", "does the work, and sends a byte every 50 ms", Do{TrickleMS: 50}),
	}
	for _, jwks := range []Preset{
		{Name: "jwks_empty", Says: "no keys", Do: Do{Spoil: "jwks_empty"}},
		{Name: "jwks_huge", Says: "the keys after 512 MB of white space", Do: Do{PadMB: 512}},
		{Name: "jwks_slow", Says: "the keys, a byte every 50 ms", Do: Do{TrickleMS: 50}},
		{Name: "jwks_rotated", Says: "keys that sign nothing here", Do: Do{Spoil: "jwks_rotated"}},
		{Name: "jwks_malformed", Says: "keys with the right ids that cannot be used", Do: Do{Spoil: "jwks_malformed"}},
	} {
		jwks.Target, jwks.Path = TargetIssuer, jwksPath
		presets = append(presets, jwks)
	}

	for i := range presets {
		presets[i].Do.Preset = presets[i].Name
	}

	return presets
}

const slowDown = "Too Many Requests"

func anywhere(name, says string, do Do) Preset { return Preset{Name: name, Says: says, Do: do} }

// status is a made-up response; header alternates names and values.
func status(status int, body any, header ...string) Do {
	do := Do{Status: status, Headers: map[string]string{}, Fill: true}
	if body != nil {
		// Encoding strings and maps of strings cannot fail.
		do.Body, _ = json.Marshal(body)
	}

	for i := 0; i < len(header); i += 2 {
		do.Headers[header[i]] = header[i+1]
	}

	return do
}

func presetNamed(name string) (Preset, bool) {
	for _, preset := range Presets() {
		if preset.Name == name {
			return preset, true
		}
	}

	return Preset{}, false
}
