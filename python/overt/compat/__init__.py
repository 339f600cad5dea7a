"""Interfaces of other libraries on Overt's engine: what moves over by changing an import."""
