package operation

// indexFields are the fields that Vector and Search indexes share.
func indexFields() []Out {
	return []Out{
		{Name: "id", Type: OutText, Help: "the index's ID", Example: exampleID},
		{Name: "name", Type: OutText, Help: "its name", Example: "my-index"},
		{Name: "region", Type: OutText, Help: "its region", Example: "eu-west-1"},
		{Name: "type", Type: OutText, Help: "its plan", Example: "payg"},
		{Name: "endpoint", Type: OutText, Help: "the first label of its host name", Example: "glowing-baboon-15797-eu1"},
		{Name: "creation_time", Type: OutTime, Help: "when it was created", Example: exampleTime},
	}
}

// indexTokens are the secrets that Vector and Search indexes share.
func indexTokens() []Out {
	return []Out{
		{
			Name: "token", Type: OutText, Secret: true, Help: "a token that may read and write",
			Example: "ZXhhbXBsZS10b2tlbg==",
		},
		{
			Name: "read_only_token", Type: OutText, Secret: true, Help: "a token that may read",
			Example: "ZXhhbXBsZS1yZWFkLW9ubHk=",
		},
	}
}
