package pgtest

// TakePort restarts c on the port of another cluster.
func (c *Cluster) TakePort(other *Cluster) error {
	c.Stop()
	c.port = other.port
	return c.Start()
}
