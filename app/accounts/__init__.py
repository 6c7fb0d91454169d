"""Who is this: organisations, organisers, hosts, sign-in, audit."""
