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
	Fields: append(indexFields(),
		Out{Name: "similarity_function", Type: OutText, Help: "how it compares vectors", Example: "COSINE"},
		Out{Name: "dimension_count", Type: OutInteger, Help: "the number of dimensions of its vectors", Example: 1024},
		Out{Name: "index_type", Type: OutText, Help: "DENSE, SPARSE or HYBRID", Example: "DENSE"},
		Out{Name: "embedding_model", Type: OutText, Help: "the model that embeds text; absent: none", Example: "BGE_M3"},
		Out{Name: "sparse_embedding_model", Type: OutText, Help: "the sparse model; absent: none", Example: "BM25"},
		Out{Name: "max_vector_count", Type: OutInteger, Help: "how many vectors its plan allows; -1: unlimited", Example: 200000},
	),
}

var vectorCredentials = vectorObject.Secrets("VectorCredentials", indexTokens()...)
