"""Land that water has carved, and real land as fine, in the same figures."""
