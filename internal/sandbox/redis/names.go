package redis

import (
	"container/list"
	"iter"
)

// names is a set in insertion order. A client may have a million of them.
type names struct {
	ordered list.List
	places  map[string]*list.Element
}

func (n *names) len() int { return len(n.places) }

func (n *names) has(name string) bool { return n.places[name] != nil }

func (n *names) add(name string) {
	if n.has(name) {
		return
	}

	if n.places == nil {
		n.places = map[string]*list.Element{}
	}
	n.places[name] = n.ordered.PushBack(name)
}

func (n *names) remove(name string) {
	if place := n.places[name]; place != nil {
		n.ordered.Remove(place)
		delete(n.places, name)
	}
}

// first returns the oldest name; the set must not be empty.
func (n *names) first() string { return n.ordered.Front().Value.(string) }

func (n *names) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for place := n.ordered.Front(); place != nil; place = place.Next() {
			if !yield(place.Value.(string)) {
				return
			}
		}
	}
}
