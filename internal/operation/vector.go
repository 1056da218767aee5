package operation

import "net/http"

// vectorIndex is a Vector index.
var vectorIndex = &Resource{
	Product: Vector, Noun: "Vector index",
	Get:      Upstream{Method: http.MethodGet, Path: "/v2/vector/index/{id}"},
	List:     Upstream{Method: http.MethodGet, Path: "/v2/vector/index"},
	Object:   vectorObject,
	ReadBack: vectorCredentials,
}

var vectorObject = &Object{
	Name: "VectorIndex", IDField: "id", NameField: "name",
	Fields: []Out{
		{Name: "id", Type: OutText, Help: "the index's ID", Example: exampleID},
		{Name: "name", Type: OutText, Help: "its name", Example: "my-index"},
		{Name: "region", Type: OutText, Help: "its region", Example: "eu-west-1"},
		{Name: "type", Type: OutText, Help: "its plan", Example: "payg"},
		{Name: "endpoint", Type: OutText, Help: "the first label of its host name", Example: "glowing-baboon-15797-eu1"},
		{Name: "creation_time", Type: OutTime, Help: "when it was created", Example: exampleTime},
		{Name: "similarity_function", Type: OutText, Help: "how it compares vectors", Example: "COSINE"},
		{Name: "dimension_count", Type: OutInteger, Help: "the number of dimensions of its vectors", Example: 1024},
		{Name: "index_type", Type: OutText, Help: "DENSE, SPARSE or HYBRID", Example: "DENSE"},
		{Name: "embedding_model", Type: OutText, Help: "the model that embeds text; absent: none", Example: "BGE_M3"},
		{Name: "sparse_embedding_model", Type: OutText, Help: "the sparse model; absent: none", Example: "BM25"},
		{Name: "max_vector_count", Type: OutInteger, Help: "how many vectors its plan allows; -1: unlimited", Example: 200000},
	},
}

var vectorCredentials = vectorObject.Secrets("VectorCredentials",
	Out{Name: "token", Type: OutText, Secret: true, Help: "a token that may read and write", Example: "ZXhhbXBsZS10b2tlbg=="},
	Out{
		Name: "read_only_token", Type: OutText, Secret: true, Help: "a token that may read",
		Example: "ZXhhbXBsZS1yZWFkLW9ubHk=",
	},
)
