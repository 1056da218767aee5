package fault

import (
	"net/http/httptest"
	"testing"
)

func TestAMatchFitsWhenAllItNamesDo(t *testing.T) {
	request := httptest.NewRequest("POST", "/v2/redis/database", nil)
	request.Header.Set("X-Tab", "one")

	for name, row := range map[string]struct {
		match Match
		want  bool
	}{
		"only the target":          {Match{}, true},
		"another target":           {Match{Target: TargetIssuer}, false},
		"the method in small":      {Match{Method: "post"}, true},
		"another method":           {Match{Method: "GET"}, false},
		"the exact path":           {Match{Path: "/v2/redis/database"}, true},
		"a beginning without star": {Match{Path: "/v2/redis"}, false},
		"a beginning with star":    {Match{Path: "/v2/redis*"}, true},
		"another beginning":        {Match{Path: "/v2/teams*"}, false},
		"a header of any value":    {Match{Header: "x-tab"}, true},
		"a header's value":         {Match{Header: "X-Tab: one"}, true},
		"another value":            {Match{Header: "X-Tab: two"}, false},
		"a header that is absent":  {Match{Header: "X-Other"}, false},
		"the email in capitals":    {Match{Email: "ME@example.com"}, true},
		"another email":            {Match{Email: "you@example.com"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if row.match.Target == "" {
				row.match.Target = TargetUpstash
			}

			got := row.match.fits(TargetUpstash, request, func() string { return "me@example.com" })

			if got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func TestARuleIsUsedUpByItsCount(t *testing.T) {
	request := httptest.NewRequest("GET", "/", nil)
	nobody := func() string { return "" }

	for name, row := range map[string]struct{ count, want int }{
		"no count means once": {0, 1},
		"three times":         {3, 3},
		"without end":         {-1, 5},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := NewSet(1, "")
			if err != nil {
				t.Fatal(err)
			}
			set.Add(Rule{Match: Match{Target: TargetUpstash}, Count: row.count})

			played := 0
			for range 5 {
				if _, met := set.choose(TargetUpstash, request, nobody); met {
					played++
				}
			}

			if played != row.want {
				t.Errorf("played %d times of 5, want %d", played, row.want)
			}
		})
	}
}
