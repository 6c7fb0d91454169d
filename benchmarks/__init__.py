"""Measurements that `make bench…` runs; nothing here is part of the service."""
