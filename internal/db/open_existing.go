package db

import "context"

// OpenExisting opens a database that exists. It first opens it read-only, because opening a missing file for writing
// would create it.
func OpenExisting(ctx context.Context, options Options) (*DB, error) {
	if !options.ReadOnly {
		reader, err := Open(ctx, Options{URL: options.URL, ReadOnly: true})
		if err != nil {
			return nil, err
		}

		if err := reader.Close(); err != nil {
			return nil, err
		}
	}

	return Open(ctx, options)
}
