"""The record as others read it: exports, explanations, decisions reproduced."""
