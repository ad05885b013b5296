"""A declaration of a translator: what the orchestrator knows of one."""
