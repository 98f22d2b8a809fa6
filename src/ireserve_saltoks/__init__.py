"""The Salto KS plugin: a booking opens its locks, by an open action."""
