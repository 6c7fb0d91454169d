"""The desk's queues over all sessions: what is next with each order, who has it in hand, calls, steps that can still be taken back."""
