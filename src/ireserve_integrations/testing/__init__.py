"""What tests of the host and of plugins are built with: the sandbox kit."""
