"""What the service answers over HTTP, a module for each kind of address."""
