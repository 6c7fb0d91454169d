"""A market that plays itself: demo catalogue, simulated viewers and a demo host, over real sockets."""
