"""Checks: what a lab file claims, asked of the running lab with the tools that any engineer would use."""
