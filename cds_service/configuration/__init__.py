"""What a site sets: files, environment, versions, checked as one."""
