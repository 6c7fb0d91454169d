"""Comments become orders: their grammar, claims that hold units for a while, and comments taken in from other platforms."""
