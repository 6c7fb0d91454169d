"""What a socket may say: commands in, events and replies out, close codes. Imports pydantic only; docs and browser types are generated from it."""
