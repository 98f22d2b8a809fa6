"""What plugins are built with."""
