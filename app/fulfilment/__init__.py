"""What happens to orders after they were placed: the order desk, later facts, payments, expiry."""
