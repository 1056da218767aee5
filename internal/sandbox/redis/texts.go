package redis

// Texts seen in public sources.
const (
	textNoAuth     = "NOAUTH Authentication required."
	textWrongPass  = "WRONGPASS invalid username-password pair or user is disabled"
	textNoPerm     = "NOPERM this user has no permissions to run the '%s' command or its subcommand"
	textSuspended  = "ERR This database has been suspended for exceeding the defined budget limit. Please increase budget or switch to a Fixed plan on Upstash Console"
	textNoCommand  = "ERR Command is not available: '%s'. See https://upstash.com/docs/redis/overall/rediscompatibility for details"
	textTooLarge   = "ERR max request size exceeded. Limit: %d bytes, Actual: %d bytes. See https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded for details"
	textClients    = "ERR max number of clients reached" // Redis' own
	textHelloAuth  = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
	textProtocol   = "NOPROTO unsupported protocol version"
	textHelloOpt   = "ERR Syntax error in HELLO option '%s'"
	textArity      = "ERR wrong number of arguments for '%s' command"
	textSyntax     = "ERR syntax error"
	textDBIndex    = "ERR DB index is out of range" // that there is none but 0 is documented, the words are Redis'
	textNotInt     = "ERR value is not an integer or out of range"
	textRecord     = "ERR max single record size exceeded"
	textBitOffset  = "ERR bit offset is not an integer or out of range" // Redis' own, as the next
	textOutOfRange = "ERR value is out of range"
	textListening  = "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
	textNoPart     = "ERR unknown subcommand '%s'. Try %s HELP."
	textBusy       = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	textNotBusy    = "NOTBUSY No scripts in execution right now."
	textUnkillable = "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
	textChannel    = "ERR channel name is too long"
	textPattern    = "ERR channel pattern is too long"
	textReplyLarge = "ERR Error running script: its reply is too large."
	textMemory     = "ERR Error running script: not enough memory."
	textKilled     = "ERR Error running script: Script killed by user with SCRIPT KILL."
)

// We invented these texts: the real ones are not public.
const (
	textNotServing = "ERR database is not active"
	textTLSOnly    = "ERR this database accepts TLS connections only"
	textPlainOnly  = "ERR this database accepts plain connections only"
	textInternal   = "ERR internal error"
	textOverdue    = "ERR Error running script: it ran for longer than a script may."
)

// refusal is the reply of a database in this state to every client.
func refusal(state string) string {
	switch state {
	case "active", "":
		return ""
	case "suspended":
		return textSuspended
	default:
		return textNotServing
	}
}
