"""Everything around the judgment: CDS Hooks over HTTP, configuration, fetching, the command line."""

__version__ = "0.2.0"
