"""Producers, products, OCOP certificates and Vietnamese addresses."""
