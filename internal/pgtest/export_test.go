package pgtest

// TakePort starts c again on the port that another cluster has.
func (c *Cluster) TakePort(other *Cluster) error {
	c.Stop()
	c.port = other.port
	return c.Start()
}
