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
	Fields: append(indexFields(),
		Out{Name: "max_vector_count", Type: OutInteger, Help: "how many records its plan allows; -1: unlimited", Example: 200000},
		Out{Name: "input_enrichment_enabled", Type: OutBoolean, Help: "whether Upstash enriches queries", Example: true},
	),
}

var searchCredentials = searchObject.Secrets("SearchCredentials", indexTokens()...)
