"""Reports from recorded decisions: trials in the shadow, responses to cards, and rules that went silent or loud."""
