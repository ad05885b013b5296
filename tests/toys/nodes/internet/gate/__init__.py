"""A service that sees each packet that crosses its node, by the machine of tests/machines/translate.py."""
