package upstash

// maxDatabases also limits the elements of a list: small elements are cheap to send but expensive to store.
const maxDatabases = 10_000

// readListing reads the array of a list.
func readListing(a *answer) (Listing, error) {
	if c, err := a.nextToken(); err != nil {
		return Listing{}, err
	} else if c != '[' {
		return Listing{}, a.readValue(a.shapeError)
	}
	a.at++

	listing := Listing{Databases: []Database{}}
	object := databaseDecoder{arena: stringArena{many: true}, before: new(Database)}

	element := func() error {
		object.begin()

		if a.data[a.at] != '{' {
			return a.skip(2)
		}

		return object.read(a)
	}

	for first := true; ; first = false {
		more, err := a.nextElement(first)
		if err != nil {
			return Listing{}, err
		}

		if !more {
			return listing, nil
		}

		if len(listing.Databases)+listing.Unreadable >= maxDatabases {
			return Listing{}, errTooMany
		}
		from := a.at

		if err := a.readValue(element); err != nil {
			return Listing{}, err
		}

		if !UsableID(object.ID) || object.Name == "" {
			listing.Unreadable++
			continue
		}

		if cap(listing.Databases) == 0 { // estimated from the window and the first element's length
			listing.Databases = make([]Database, 0, min(1+(len(a.data)-a.at)/max(a.at-from, 1), maxDatabases))
		}
		listing.Databases = append(listing.Databases, object.Database)
		object.before = &listing.Databases[len(listing.Databases)-1]
	}
}

// nextElement is next for the list itself, whose comma or end may not have arrived yet.
func (a *answer) nextElement(first bool) (bool, error) {
	c, err := a.nextToken()
	if err != nil {
		return false, err
	}

	if first || c == ']' {
		return a.next(']', first)
	}

	if c != ',' {
		return false, errSyntax
	}
	a.at++
	_, err = a.nextToken()

	return true, err
}

// read reads one object of a list. Upstash writes the same names in the same order into each; then no name needs a
// lookup or a check for duplicates.
func (o *databaseDecoder) read(a *answer) error {
	if same, err := o.readSameShape(a); same || err != nil {
		return err
	}
	o.begin()
	a.shape.reset()

	learn := true

	err := a.members(2, func(name []byte) error {
		field := fieldOf(name, false) // a list reveals no credentials, and all lists share the shape
		if from, plain := a.names.last(); learn {
			learn = plain && a.shape.add(a.data, from, a.at, field)
		}

		return o.value(a, field, 3)
	})
	if !learn || err != nil {
		a.shape.reset()
	}

	return err
}

// readSameShape reads an object whose names are a subsequence of the shape's names. It returns false for any other
// object, and goes back to its beginning.
func (o *databaseDecoder) readSameShape(a *answer) (same bool, err error) {
	from, member := a.at, 0
	if len(a.shape.members) == 0 {
		return false, nil
	}
	a.at++

	for first := true; ; first = false {
		if rest := a.data[a.at:]; !first && len(rest) > 1 && rest[0] == ',' && rest[1] == '"' {
			a.at++ // the fast path of next
		} else if more, err := a.next('}', first); err != nil || !more {
			return true, err
		}

		if member = a.shape.find(a.data[a.at:], member); member < 0 {
			a.at = from
			return false, nil
		}
		known := &a.shape.members[member]
		a.at += int(known.to - known.from)
		member++

		if a.at == len(a.data) || a.data[a.at] <= ' ' {
			if _, err := a.peek(); err != nil {
				return true, err
			}
		}

		if known.field == fieldUnused {
			if end := plainEnd(a.data, a.at); end > 0 {
				a.at = end
				continue
			}
			err = a.skip(3)
		} else {
			err = o.value(a, known.field, 3)
		}

		if err != nil {
			return true, err
		}
	}
}
