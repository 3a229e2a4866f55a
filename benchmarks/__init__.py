"""Measures the service beside a Flask application that does nothing, on the same server and in the same run."""
