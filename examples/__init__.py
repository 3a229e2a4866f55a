"""Requests that a newcomer can send at once; `her2-cds example` moves their dates to today."""
