package journal

import (
	"encoding/json"
	"strings"
)

// frame is an object or array that encloses the reader's position.
type frame struct {
	object bool
	secret bool // the value of a secret's name
	key    bool // the next string is a name
	hide   bool // the next value is a secret
}

// json masks the values of secret names, at any depth, and what plain masks. The text may be cut or invalid JSON: it
// is read as far as possible, and the part read is returned in its own form.
func (m *mask) json(body []byte, known []string) string {
	var shown strings.Builder
	var frames []frame
	top := func() *frame {
		if len(frames) == 0 {
			return &frame{}
		}

		return &frames[len(frames)-1]
	}

	text := strings.ToValidUTF8(string(body), "�")
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '{', '[':
			secret := top().secret || top().hide
			top().hide = false
			frames = append(frames, frame{object: c == '{', secret: secret, key: c == '{', hide: secret && c == '['})
			shown.WriteByte(c)
			i++
		case '}', ']':
			if len(frames) > 0 {
				frames = frames[:len(frames)-1]
			}
			shown.WriteByte(c)
			i++
		case ',':
			top().key, top().hide = top().object, top().secret && !top().object
			shown.WriteByte(c)
			i++
		case ':', ' ', '\t', '\r', '\n':
			shown.WriteByte(c)
			i++
		default:
			end := valueEnd(text, i)
			value := text[i:end]
			i = end

			switch {
			case top().key:
				name := unquoted(value)
				top().key, top().hide = false, top().secret || isSecretName(name)
				shown.WriteString(m.plain(value, known))
			case top().hide && value != "null":
				m.learn(unquoted(value))
				shown.WriteString(`"` + Masked + `"`)
			default:
				shown.WriteString(m.plain(value, known))
			}
		}
	}

	return shown.String()
}

// valueEnd returns where the string, number or word that starts at i ends.
func valueEnd(text string, i int) int {
	if text[i] != '"' {
		if n := strings.IndexAny(text[i:], "{}[],: \t\r\n"); n >= 0 {
			return i + max(n, 1)
		}

		return len(text)
	}

	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}

	return len(text)
}

func unquoted(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}

	return strings.Trim(value, `"`) // cut in the middle, or not a string
}
