// Package deploy tests the files under deploy/ with the types and schemas of those who read them, and with the real
// binary. It is a module of its own: what it takes for that is no dependency of the product.
package deploy
