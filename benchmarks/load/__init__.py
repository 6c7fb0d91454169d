"""Load for measuring a server on this machine: the C client, its control, and what the kernel says about memory and time."""
