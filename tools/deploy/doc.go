// Package deploy tests the files under deploy/ with the types and schemas of the programs that read them, and with the
// real binary. It is a separate module, so that the product does not depend on those.
package deploy
