package redis

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// ttl answers TTL to the nearest second, as Redis does. The engine cuts off: a key that was set for a minute just now
// would have 59 seconds left. In a transaction and in a script it is the engine's answer still.
func ttl(commands *server.Server, peer *server.Peer, args []string) {
	answer := answered(commands, peer, args)
	if seconds, ok := integer(answer); ok && seconds >= 0 {
		if left, ok := integer(answered(commands, peer, []string{"PTTL", args[1]})); ok && left >= 0 {
			answer = fmt.Sprintf(":%d\r\n", (left+500)/1000)
		}
	}
	peer.WriteRaw(answer)
}

// answered runs a command for a client and returns the answer instead of sending it.
func answered(commands *server.Server, peer *server.Peer, args []string) string {
	var answer bytes.Buffer
	between := server.NewPeer(bufio.NewWriter(&answer))
	between.Ctx, between.Resp3 = peer.Ctx, peer.Resp3
	commands.Dispatch(between, args)
	between.Flush()

	return answer.String()
}

func integer(answer string) (int64, bool) {
	number, isInteger := strings.CutPrefix(strings.TrimSuffix(answer, "\r\n"), ":")
	value, err := strconv.ParseInt(number, 10, 64)
	return value, isInteger && err == nil
}
