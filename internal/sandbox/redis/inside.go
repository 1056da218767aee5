package redis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// insider runs commands while the engine's lock is held, so that many of them see, or make, one state. The engine has
// such a thing for its scripts: a client's context that takes no locks. It belongs to no engine, and running commands
// does not change it.
type insider struct{ context any }

const insideCommand = "SANDBOX.INSIDE"

func newInsider() (insider, error) {
	scratch := miniredis.NewMiniRedis()
	defer scratch.Close()

	first, err := scratch.Dial()
	if err != nil {
		return insider{}, fmt.Errorf("start the engine: %w", err)
	}

	if err := first.Close(); err != nil {
		return insider{}, fmt.Errorf("start the engine: %w", err)
	}
	var found insider

	err = scratch.Server().Register(insideCommand, func(peer *server.Peer, _ string, _ []string) {
		found.context = peer.Ctx
		peer.WriteOK()
	})
	if err != nil {
		return insider{}, fmt.Errorf("look inside the engine: %w", err)
	}
	scratch.Server().Dispatch(quiet(nil), []string{"EVAL", "return redis.call('" + insideCommand + "')", "0"})

	if found.context == nil {
		return insider{}, errors.New("look inside the engine: its scripts have no context")
	}

	return found, nil
}

// errBusy is returned when a command keeps the engine's lock for too long: a script that does not end.
var errBusy = errors.New("the database is busy")

const busyPatience = 3 * time.Second

// inside calls work with the engine's lock held.
func (e *engine) inside(work func(do func(args ...string) (any, error)) error) (err error) {
	for until := time.Now().Add(busyPatience); !e.redis.TryLock(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(until) {
			return errBusy
		}
	}
	defer e.redis.Unlock()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the engine failed: %v", fault)
		}
	}()

	return work(func(args ...string) (any, error) {
		var answer bytes.Buffer
		writer := bufio.NewWriter(&answer)
		peer := server.NewPeer(writer)
		peer.Ctx = e.insider.context
		e.commands.Dispatch(peer, args)
		peer.Flush()

		reply, err := server.ParseReply(bufio.NewReader(&answer))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", args[0], err)
		}

		return reply, nil
	})
}

func texts(reply any) []string {
	list, _ := reply.([]any)

	found := make([]string, 0, len(list))
	for _, one := range list {
		found = append(found, text(one))
	}

	return found
}

func text(reply any) string {
	switch value := reply.(type) {
	case string:
		return value
	case server.Simple:
		return string(value)
	case int:
		return fmt.Sprint(value)
	default:
		return ""
	}
}
