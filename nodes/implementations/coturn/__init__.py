"""coturn 4: `implementation: coturn`. Each file is a service."""
