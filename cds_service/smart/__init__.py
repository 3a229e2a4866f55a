"""The SMART app: launched by an EHR, it reads one chart with one token and shows the HER2 therapy on one timeline."""
