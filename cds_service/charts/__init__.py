"""Charts of reports and pages: figures in, SVG text out, drawn by Vega-Lite in a process of its own (ADR 16)."""
