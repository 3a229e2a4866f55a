"""What a site configures: files, environment variables and policy versions, validated together."""
