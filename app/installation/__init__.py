"""What keeps an installation sound: its secrets, what is kept of people, and a doctor who looks at all of it. For `ocop` alone."""
