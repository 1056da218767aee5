package operation

import "slices"

// named settles a rename: the resource has the name that was sent.
func named(field string) Settle { return same("name", field) }

// same settles a change of one field: the resource has the value that was sent.
func same(sent, field string) Settle {
	return func(change Settling) bool {
		value, present := change.After[field]
		return present && value == change.Sent[sent]
	}
}

// sameIfSent is same for a field that a caller may leave out: then it settles nothing.
func sameIfSent(sent, field string) Settle {
	return func(change Settling) bool {
		_, present := change.Sent[sent]
		return !present || same(sent, field)(change)
	}
}

// all settles a change of several fields: every one has to be in effect.
func all(parts ...Settle) Settle {
	return func(change Settling) bool {
		return !slices.ContainsFunc(parts, func(part Settle) bool { return !part(change) })
	}
}

// sameTexts settles a change of a list, whose order does not matter.
func sameTexts(field string) Settle {
	return func(change Settling) bool {
		now, _ := change.After[field].([]string)
		want, _ := change.Sent[field].([]string)

		return slices.Equal(slices.Sorted(slices.Values(now)), slices.Sorted(slices.Values(want)))
	}
}

// secretsChanged settles a reset: the secrets are others than before. Only their digests are compared and stored.
func secretsChanged(change Settling) bool {
	return change.Before != "" && change.Digest != "" && change.Before != change.Digest
}
