package operation

import "net/http"

// searchIndex is a Search index.
var searchIndex = &Resource{
	Product: Search, Noun: "Search index",
	Get:      Upstream{Method: http.MethodGet, Path: "/v2/search/{id}"},
	List:     Upstream{Method: http.MethodGet, Path: "/v2/search"},
	Object:   searchObject,
	ReadBack: searchCredentials,
}

var searchObject = &Object{
	Name: "SearchIndex", IDField: "id", NameField: "name",
	Fields: []Out{
		{Name: "id", Type: OutText, Help: "the index's ID", Example: exampleID},
		{Name: "name", Type: OutText, Help: "its name", Example: "my-index"},
		{Name: "region", Type: OutText, Help: "its region", Example: "eu-west-1"},
		{Name: "type", Type: OutText, Help: "its plan", Example: "payg"},
		{Name: "endpoint", Type: OutText, Help: "the first label of its host name", Example: "glowing-baboon-15797-eu1"},
		{Name: "creation_time", Type: OutTime, Help: "when it was created", Example: exampleTime},
		{Name: "max_vector_count", Type: OutInteger, Help: "how many records its plan allows; -1: unlimited", Example: 200000},
		{Name: "input_enrichment_enabled", Type: OutBoolean, Help: "whether Upstash enriches queries", Example: true},
	},
}

var searchCredentials = searchObject.Secrets("SearchCredentials",
	Out{Name: "token", Type: OutText, Secret: true, Help: "a token that may read and write", Example: "ZXhhbXBsZS10b2tlbg=="},
	Out{
		Name: "read_only_token", Type: OutText, Secret: true, Help: "a token that may read",
		Example: "ZXhhbXBsZS1yZWFkLW9ubHk=",
	},
)
