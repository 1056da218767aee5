package cloud_test

import (
	"fmt"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestAVectorIndexShowsWhatItWasCreatedWith(t *testing.T) {
	u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")

	for name, row := range map[string]struct {
		body string
		want map[string]string
	}{
		"dense": {
			`{"name":"x","region":"us-central1","similarity_function":"EUCLIDEAN","dimension_count":3072,"type":"fixed"}`,
			map[string]string{
				"region": "us-central1", "similarity_function": "EUCLIDEAN", "dimension_count": "3072",
				"index_type": "DENSE", "type": "fixed", "embedding_model": "<nil>", "reserved_price": "60",
			},
		},
		"embedding model decides the dimensions": {
			`{"name":"x","region":"eu-west-1","similarity_function":"COSINE","dimension_count":0,"embedding_model":"BGE_M3"}`,
			map[string]string{"dimension_count": "1024", "embedding_model": "BGE_M3", "type": "payg"},
		},
		"hybrid": {
			`{"name":"x","region":"us-east-1","similarity_function":"DOT_PRODUCT","dimension_count":384,"type":"paid",
			  "index_type":"HYBRID","embedding_model":"BGE_SMALL_EN_V1_5","sparse_embedding_model":"BM25"}`,
			map[string]string{"index_type": "HYBRID", "sparse_embedding_model": "BM25", "type": "payg"},
		},
		"sparse": {
			`{"name":"x","region":"us-east-1","similarity_function":"DOT_PRODUCT","dimension_count":0,"index_type":"SPARSE"}`,
			map[string]string{"index_type": "SPARSE", "dimension_count": "0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			made := u.Send("POST", "/v2/vector/index", row.body)
			if made.Status != 200 {
				t.Fatalf("got %d %s", made.Status, made.Body)
			}

			for member, value := range row.want {
				if found := fmt.Sprint(made.Field(t, member)); found != value {
					t.Errorf("%s: got %s, want %s", member, found, value)
				}
			}
		})
	}
}

func TestCreatingAnIndexIsRefused(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")

	for name, row := range map[string]struct{ path, body, text string }{
		"no name":    {"/v2/vector/index", `{"region":"us-east-1","similarity_function":"COSINE","dimension_count":3}`, "index name is required"},
		"no region":  {"/v2/vector/index", `{"name":"x","similarity_function":"COSINE","dimension_count":3}`, "invalid region"},
		"similarity": {"/v2/vector/index", `{"name":"x","region":"us-east-1","dimension_count":3}`, "invalid similarity function"},
		"no dimensions": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE"}`, "invalid dimension count",
		},
		"half a dimension": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":1.5}`, "invalid dimension count",
		},
		"too many dimensions": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3073}`, "invalid dimension count",
		},
		"too many for the free plan": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":1537,"type":"free"}`, "invalid dimension count",
		},
		"other dimensions than the model": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3,"embedding_model":"BGE_M3"}`,
			"dimension count does not match the embedding model",
		},
		"model": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3,"embedding_model":"ADA"}`, "invalid embedding model",
		},
		"sparse model": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3,"sparse_embedding_model":"ADA"}`, "invalid sparse embedding model",
		},
		"kind": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3,"index_type":"FLAT"}`, "invalid index type",
		},
		"plan": {
			"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3,"type":"gold"}`, "invalid plan",
		},
		"not JSON":           {"/v2/vector/index", `name=x`, "invalid request body"},
		"search: no name":    {"/v2/search", `{"region":"eu-west-1","type":"payg"}`, "index name is required"},
		"search: its region": {"/v2/search", `{"name":"x","region":"us-east-1","type":"payg"}`, "invalid region"},
		"search: no plan":    {"/v2/search", `{"name":"x","region":"eu-west-1"}`, "invalid plan"},
	} {
		t.Run(name, func(t *testing.T) {
			sandboxtest.Want(t, u.Send("POST", row.path, row.body), 400, fmt.Sprintf("%q", row.text))
		})
	}
	sandboxtest.Want(t, u.Send("GET", "/v2/vector/index", ""), 200, "[]")
	sandboxtest.Want(t, u.Send("GET", "/v2/search", ""), 200, "[]")
}

func TestThePlanOfAVectorIndexIsChanged(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	first := "/v2/vector/index/" + u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("x"))
	second := "/v2/vector/index/" + u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("y"))
	u.Ok("POST", first+"/setplan", `{"target_plan":"fixed"}`)

	if got := u.Send("GET", first, "").Text(t, "type"); got != "fixed" {
		t.Errorf("type: got %q, want fixed", got)
	}
	u.Ok("POST", first+"/setplan", `{"target_plan":"free"}`)
	u.Ok("POST", first+"/setplan", `{"target_plan":"free"}`)
	sandboxtest.Want(t, u.Send("POST", second+"/setplan", `{"target_plan":"free"}`), 400, `"index limit exceeded"`)
	sandboxtest.Want(t, u.Send("POST", second+"/setplan", `{"target_plan":"gold"}`), 400, `"invalid plan"`)

	if got := u.Send("GET", second, "").Text(t, "type"); got != "payg" {
		t.Errorf("after two rejected changes: got %q, want payg", got)
	}

	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	free := sandboxtest.NewUser(t, s, "free@example.com")
	held := free.CreateIndex(
		"/v2/vector/index", `{"name":"x","region":"us-east-1","similarity_function":"COSINE","dimension_count":3}`,
	)
	sandboxtest.Want(
		t, free.Send("POST", "/v2/vector/index/"+held+"/setplan", `{"target_plan":"payg"}`), 400,
		`"plan is not available for free accounts"`,
	)
}
