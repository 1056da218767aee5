package redis

import (
	"slices"
	"strconv"
)

// Redis checks these limits, but the engine does not: it would make a string of any length, or draw endless members,
// and exhaust the sandbox's memory.
const (
	// maxRecord is the maximum size of a key at Upstash on the free and the pay-as-you-go plan, in bytes.
	// https://upstash.com/docs/redis/troubleshooting/max_record_size_exceeded
	maxRecord = 100 << 20
	// maxBit is the last bit that Redis can address.
	maxBit = 1<<32 - 1
	// maxDrawn is how many members may be drawn with repetition. As many do not fit in the largest reply that Upstash
	// sends (10 MB): a member takes six bytes of it.
	maxDrawn = clientBytes / 6
	// maxChannel and maxPattern bound a comparison, which may take as many steps as their product. In bytes.
	maxChannel = 64 << 10
	maxPattern = 1 << 10
)

// beyond returns why a command is rejected that would exhaust the engine; empty for all others. The engine itself
// rejects invalid numbers.
func beyond(name string, args []string) string {
	switch {
	case (name == "SUBSCRIBE" && longer(args, maxChannel)) || (name == "PUBLISH" && longer(args[:1], maxChannel)):
		return textChannel
	case (name == "PSUBSCRIBE" || (name == "PUBSUB" && len(args) == 2)) && longer(args, maxPattern):
		return textPattern
	case name == "SETRANGE" && len(args) == 3:
		if at, err := strconv.Atoi(args[1]); err == nil && at > maxRecord-len(args[2]) {
			return textRecord
		}
	case (name == "SETBIT" && len(args) == 3) || (name == "GETBIT" && len(args) == 2):
		at, err := strconv.Atoi(args[1])
		switch {
		case err != nil:
		case at > maxBit:
			return textBitOffset
		case name == "SETBIT" && at/8 >= maxRecord:
			return textRecord
		}
	case (name == "SRANDMEMBER" || name == "HRANDFIELD" || name == "ZRANDMEMBER") && len(args) >= 2:
		if count, err := strconv.Atoi(args[1]); err == nil && count < -maxDrawn {
			return textOutOfRange
		}
	}

	return ""
}

func longer(texts []string, most int) bool {
	return slices.ContainsFunc(texts, func(one string) bool { return len(one) > most })
}
