"""The judgment: the knowledge about HER2-targeted drugs, the rules, and the texts a clinician reads.

Pure: no HTTP, no FHIR, no database, no clock, no logging. The same facts give the same findings.
"""
