"""BIRD 2: `implementation: bird`. Each file is a service."""
