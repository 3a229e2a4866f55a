"""Finds the packages, so that a new one needs no line; the examples keep their folder at the top."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["cards*", "cds_service*", "fhir_mappings*"]), "her2_cds_examples"])
