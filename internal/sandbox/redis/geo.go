package redis

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The engine rounds coordinates, and the results that it computes from them, to about a metre. Redis, like the
// engine, stores a position as 52 bits in the score of a sorted set, and returns the center of the area that they
// encode (https://redis.io/docs/latest/commands/geoadd/#how-does-it-work).
const (
	geoBits      = 26 // for each of the two
	maxLatitude  = 85.05112878
	maxLongitude = 180
	earthRadius  = 6372797.560856 // metres
)

// place returns the position of a member; false if it has none.
func (e *engine) place(key, member string) (longitude, latitude float64, ok bool) {
	score, err := strconv.ParseFloat(e.dispatch(nil, []string{"ZSCORE", key, member}).text, 64)
	if err != nil {
		return 0, 0, false
	}
	bits := uint64(score)

	return middle(every2nd(bits>>1), maxLongitude), middle(every2nd(bits), maxLatitude), true
}

func every2nd(bits uint64) (found uint64) {
	for i := range geoBits {
		found |= bits >> i & (1 << i)
	}

	return found
}

func middle(cell uint64, most float64) float64 {
	low := -most + float64(cell)/(1<<geoBits)*2*most
	high := -most + float64(cell+1)/(1<<geoBits)*2*most

	return (low + high) / 2
}

func coordinates(longitude, latitude float64) value {
	return array(double(bulk(decimal(longitude))), double(bulk(decimal(latitude))))
}

// decimal returns up to 17 fractional digits, as Redis writes them, without trailing zeros.
func decimal(number float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(number, 'f', 17, 64), "0"), ".")
}

// placed adds positions to a reply, in Redis' format.
func (e *engine) placed(asked command, reply value) value {
	switch {
	case reply.failed():
	case asked.name == "GEOPOS":
		for i, one := range reply.items {
			if longitude, latitude, ok := e.place(asked.args[1], asked.args[i+2]); ok && len(one.items) == 2 {
				reply.items[i] = coordinates(longitude, latitude)
			}
		}
	case asked.name == "GEODIST" && !reply.null():
		return e.distance(asked.args)
	case strings.HasPrefix(asked.name, "GEO") && has(asked.args, "WITHCOORD"):
		for _, one := range reply.items {
			last := len(one.items) - 1
			if last < 1 || len(one.items[last].items) != 2 {
				continue
			}

			if longitude, latitude, ok := e.place(asked.args[1], one.items[0].text); ok {
				one.items[last] = coordinates(longitude, latitude)
			}
		}
	}

	return reply
}

var units = map[string]float64{"M": 1, "KM": 1000, "FT": 0.3048, "MI": 1609.34}

// distance is GEODIST of two existing members.
func (e *engine) distance(args []string) value {
	unit := 1.0
	if len(args) > 4 {
		unit = units[strings.ToUpper(args[4])]
	}
	radians := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	longitude1, latitude1, _ := e.place(args[1], args[2])
	longitude2, latitude2, _ := e.place(args[1], args[3])

	u := math.Sin(radians(latitude2-latitude1) / 2)
	v := math.Sin(radians(longitude2-longitude1) / 2)
	metres := 2 * earthRadius * math.Asin(math.Sqrt(u*u+math.Cos(radians(latitude1))*math.Cos(radians(latitude2))*v*v))

	return bulk(fmt.Sprintf("%.4f", metres/unit))
}

// adaptRadius checks the arguments of GEORADIUS; at is the index of the radius.
func adaptRadius(at int) adapter {
	return func(_ *engine, a command) (command, value, bool) {
		radius, err := strconv.ParseFloat(a.args[at], 64)
		switch {
		case err != nil:
			return refuse(a, "ERR need numeric radius")
		case radius < 0:
			return refuse(a, "ERR radius cannot be negative")
		case units[strings.ToUpper(a.args[at+1])] == 0:
			return refuse(a, "ERR unsupported unit provided. please use M, KM, FT, MI")
		}

		return pass(a)
	}
}
