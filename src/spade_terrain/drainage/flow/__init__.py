"""Where water flows: receivers, orders, sums and streams."""
