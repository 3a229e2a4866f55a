"""Charts for reports and pages: numbers in, SVG text out, drawn by Vega-Lite in a separate process (ADR 16)."""
